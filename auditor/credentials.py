"""A secret's reference -> the secret: environment variable, file, command, system keyring or prompt.

A secret is held in memory for the run. It is never part of a message, a report or stored evidence.
"""

import getpass
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from auditor.errors import SecretError
from auditor.model.inventory import Connection, SecretReference, SecretSource

_COMMAND_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that shows itself only when asked to."""

    _text: str = field(repr=False)

    def reveal(self) -> str:
        """Return the secret."""
        return self._text

    def __str__(self) -> str:
        return "(secret)"


class Credentials:
    """The secrets of one run, each looked up once; may be used from many threads.

    `place` is the machine that errors name where it is not the one of whoever reads them.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] = os.environ,
        prompt: Callable[[str], str] = getpass.getpass,
        interactive: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty(),
        place: str = "",
    ) -> None:
        self._environ = environ
        self._prompt = prompt
        self._interactive = interactive
        self._at = f"{place}: " if place else ""
        self._known: dict[tuple[SecretReference, str], Secret | str] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> Secret:
        """Return the secret of a connection; raises `SecretError`, which never holds it."""
        reference = connection.secret
        if reference is None:
            raise SecretError(
                f"no secret is named for {connection.username or 'the account'}; add `secret` or --secret"
            )
        user = connection.username if reference.source in (SecretSource.KEYRING, SecretSource.PROMPT) else ""
        with self._lock:
            if (reference, user) not in self._known:
                self._known[reference, user] = self._secret_or_error(reference, connection.username)
            found = self._known[reference, user]
        if isinstance(found, str):
            raise SecretError(found)
        return found

    def ask_first(self, connections: Iterable[Connection]) -> None:
        """Ask for all secrets that a person must type, before anything is contacted."""
        for connection in connections:
            if connection.secret is not None and connection.secret.source is SecretSource.PROMPT:
                self.of(connection)

    def _secret_or_error(self, reference: SecretReference, username: str) -> Secret | str:
        """Keep failures, too: a command that hangs must not be waited for at every server."""
        try:
            return self._look_up(reference, username)
        except SecretError as error:
            return f"{self._at}{error}"

    def _look_up(self, reference: SecretReference, username: str) -> Secret:
        match reference.source:
            case SecretSource.ENVIRONMENT:
                return self._from_environment(reference.reference)
            case SecretSource.FILE:
                return _from_file(Path(reference.reference))
            case SecretSource.COMMAND:
                return _from_command(reference.reference)
            case SecretSource.KEYRING:
                return _from_keyring(reference.reference, username)
            case SecretSource.PROMPT:
                return self._from_prompt(username)
            case _:
                assert_never(reference.source)

    def _from_environment(self, name: str) -> Secret:
        if name not in self._environ:
            raise SecretError(f"the environment variable {name} is not set; set it, or name another secret")
        return _kept(self._environ[name], f"the environment variable {name}")

    def _from_prompt(self, username: str) -> Secret:
        if not self._interactive():
            raise SecretError(
                "a password is to be typed, but there is no terminal; name another secret, e.g. environment"
            )
        try:
            typed = self._prompt(f"Password of {username}: ")
        except EOFError:
            raise SecretError("no password was typed; type it, or name another secret") from None
        return _kept(typed, "the password that was typed")


def _from_file(path: Path) -> Secret:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SecretError(
            f"the secret's file {path} cannot be read: {why}; check the path and its permissions"
        ) from None
    return _kept(text.removesuffix("\n").removesuffix("\r"), f"the secret's file {path}")


def _from_command(line: str) -> Secret:
    """Run the command without a shell; what it writes is never repeated, it may hold the secret."""
    name = line.split(" ", maxsplit=1)[0]
    if not line.strip():
        raise SecretError("the secret's command is empty; name a program")
    try:
        done = subprocess.run(  # noqa: S603  the inventory's owner names the command
            shlex.split(line),
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=_COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise SecretError(
            f"the secret's command {name} cannot be run or read ({type(error).__name__}); run it by hand"
        ) from None
    except subprocess.TimeoutExpired:
        raise SecretError(f"the secret's command {name} took more than {_COMMAND_SECONDS} s; run it by hand") from None
    except subprocess.CalledProcessError as error:
        raise SecretError(f"the secret's command {name} ended with {error.returncode}; run it by hand") from None
    return _kept(done.stdout.removesuffix("\n").removesuffix("\r"), f"the secret's command {name}")


def _from_keyring(service: str, username: str) -> Secret:
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
    return _kept(password, f"the keyring's entry {service!r}")


def _kept(text: str, origin: str) -> Secret:
    if not text:
        raise SecretError(f"{origin} is empty; put the password there")
    if "\n" in text or "\r" in text:
        # no log-on is to be spent on a password that cannot be right: it counts towards a lock-out
        raise SecretError(f"{origin} has several lines; put the password alone there")
    return Secret(text)
