"""A secret's reference -> the secret: environment variable, file, command, system keyring or prompt.

A secret is held in memory for the run. It is never part of a message, a report or stored evidence.
"""

import getpass
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from auditor.errors import SecretError
from auditor.model.inventory import Connection, SecretReference, SecretSource
from auditor.secret import Secret, from_command, from_file, from_keyring, kept

_COMMAND_SECONDS = 60
"""The most that a command may take."""
_KILLING_SECONDS = 0.3
"""Seconds in which a command that took too long is ended, and told of by its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _LookUp:
    """A secret, or why there is none, as soon as it is known; nobody waits for it longer than `until`."""

    found: Future[Secret | str]
    until: float | None = None

    def has_ended(self) -> bool:
        """Wait for it, and tell whether it is known."""
        left = None if self.until is None else max(0.0, self.until - time.monotonic())
        return bool(wait([self.found], left).done)


class Credentials:
    """The secrets of one run, each looked up once; may be used from many threads.

    `place` is the machine that errors name where it is not the one of whoever reads them. `seconds` are the most that
    a look-up may take, such as all that one server may: commands and keyrings can hang.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] = os.environ,
        prompt: Callable[[str], str] = getpass.getpass,
        interactive: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty(),
        place: str = "",
        seconds: float | None = None,
    ) -> None:
        self._environ = environ
        self._prompt = prompt
        self._interactive = interactive
        self._at = f"{place}: " if place else ""
        self._seconds = seconds
        self._known: dict[tuple[SecretReference, str], _LookUp] = {}
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
                self._known[reference, user] = self._begun(reference, connection.username)
            look_up = self._known[reference, user]
        if not look_up.has_ended():
            what = f"the secret's {reference.source} took more than {self._seconds:g} s"
            raise SecretError(f"{self._at}{what}; see what it waits for")
        found = look_up.found.result()
        if isinstance(found, str):
            raise SecretError(found)
        return found

    def ask_first(self, connections: Iterable[Connection]) -> None:
        """Ask for all secrets that a person must type, before anything is contacted."""
        for connection in connections:
            if connection.secret is not None and connection.secret.source is SecretSource.PROMPT:
                self.of(connection)

    def _begun(self, reference: SecretReference, username: str) -> _LookUp:
        """Look a secret up, in a thread that is left to itself when it hangs: nothing else is to wait for that."""
        found: Future[Secret | str] = Future()

        def find() -> None:
            try:
                found.set_result(self._secret_or_error(reference, username))
            except Exception as error:  # noqa: BLE001  a bug is raised where the secret is waited for
                found.set_exception(error)

        until = None if self._seconds is None else time.monotonic() + self._seconds + _KILLING_SECONDS
        if reference.source is SecretSource.PROMPT:
            find()  # here, where Ctrl-C reaches it
        else:
            threading.Thread(target=find, name="secret", daemon=True).start()
        return _LookUp(found=found, until=until)

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
                return from_file(Path(reference.reference))
            case SecretSource.COMMAND:
                return from_command(reference.reference, min(self._seconds or _COMMAND_SECONDS, _COMMAND_SECONDS))
            case SecretSource.KEYRING:
                return from_keyring(reference.reference, username)
            case SecretSource.PROMPT:
                return self._from_prompt(username)
            case _:
                assert_never(reference.source)

    def _from_environment(self, name: str) -> Secret:
        if name not in self._environ:
            raise SecretError(f"the environment variable {name} is not set; set it, or name another secret")
        return kept(self._environ[name], f"the environment variable {name}")

    def _from_prompt(self, username: str) -> Secret:
        if not self._interactive():
            raise SecretError(
                "a password is to be typed, but there is no terminal; name another secret, e.g. environment"
            )
        try:
            typed = self._prompt(f"Password of {username}: ")
        except EOFError:
            raise SecretError("no password was typed; type it, or name another secret") from None
        return kept(typed, "the password that was typed")
