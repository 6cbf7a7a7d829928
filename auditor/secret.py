"""A secret, and how it is read where it stands: a file, a command's output, the system keyring."""

import atexit
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import SecretError


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that shows itself only when asked to."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret."""
        return self._text

    def __str__(self) -> str:
        return "(secret)"


def from_file(path: Path) -> Secret:
    """Return what the file holds, without the end of its line; raises `SecretError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SecretError(
            f"the secret's file {path} cannot be read: {why}; check the path and its permissions"
        ) from None
    return kept(text.removesuffix("\n").removesuffix("\r"), f"the secret's file {path}")


def from_command(line: str, seconds: float) -> Secret:
    """Return what the command writes, which is run without a shell; raises `SecretError`, which never repeats that."""
    name = line.split(" ", maxsplit=1)[0]
    if not line.strip():
        raise SecretError("the secret's command is empty; name a program")
    try:
        written = _written_by(shlex.split(line), seconds)
    except (OSError, ValueError) as error:
        raise SecretError(
            f"the secret's command {name} cannot be run or read ({type(error).__name__}); run it by hand"
        ) from None
    except subprocess.TimeoutExpired:
        raise SecretError(f"the secret's command {name} took more than {seconds:g} s; run it by hand") from None
    except subprocess.CalledProcessError as error:
        raise SecretError(f"the secret's command {name} ended with {error.returncode}; run it by hand") from None
    return kept(written.removesuffix("\n").removesuffix("\r"), f"the secret's command {name}")


def _written_by(command: list[str], seconds: float) -> str:
    """Return what a command writes; it is ended when it takes too long, or when this process ends.

    `subprocess.run` would go on reading after that, and a program that the command began may keep its output open.
    """
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603  the inventory's owner names the command
        command, encoding="utf-8", stdin=quiet, stdout=subprocess.PIPE, stderr=quiet
    ) as process:
        atexit.register(process.kill)
        try:
            written, _ = process.communicate(timeout=seconds)
        finally:
            process.kill()  # of no effect on one that has ended
            atexit.unregister(process.kill)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return written


def from_keyring(service: str, username: str) -> Secret:
    """Return what the system keyring holds for a user of a service; raises `SecretError`."""
    try:
        import keyring  # noqa: PLC0415  an extra: only who uses it needs it
    except ImportError:
        raise SecretError("the package keyring is not installed; install auditor[keyring]") from None
    try:
        password = keyring.get_password(service, username)
    except keyring.errors.KeyringError as error:
        raise SecretError(
            f"the system keyring cannot be read ({type(error).__name__}); unlock it, or set one up"
        ) from None
    if password is None:
        raise SecretError(f"the system keyring has no password of {username!r} for {service!r}; add it there")
    return kept(password, f"the keyring's entry {service!r}")


def kept(text: str, origin: str) -> Secret:
    """Return a text as a secret; raises `SecretError`, which names its origin, for what cannot be one."""
    if not text:
        raise SecretError(f"{origin} is empty; put the password there")
    if "\n" in text or "\r" in text:
        # no log-on is to be spent on a password that cannot be right: it counts towards a lock-out
        raise SecretError(f"{origin} has several lines; put the password alone there")
    return Secret(text)
