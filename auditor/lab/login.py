"""Who may come in: Basic, and NTLM (bare or within SPNEGO) accepted by pyspnego; one `Login` per connection.

NTLM authenticates the connection, Basic each request. No secret is logged, and none is in an exception's text.
"""

import base64
import binascii
import hmac
import os
import shutil
import struct
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import spnego
from spnego.exceptions import SpnegoError

from auditor.lab.state import Reachability, ServerState
from auditor.model.inventory import Authentication

_NTLM_MESSAGE = b"NTLMSSP\0"
_ENVIRONMENT = threading.Lock()
_STRANGE_TOKEN = (SpnegoError, ValueError, LookupError, struct.error)  # pyspnego lets its parsers' errors through
_TOKEN_SCHEMES = {"negotiate": "Negotiate", "ntlm": "NTLM"}


class PasswordFile:
    """The one password of a fleet, for any of its user names, in a file that only this user can read.

    pyspnego's NTLM acceptor takes its users from the file that NTLM_USER_FILE names; the variable is set only while
    a token is looked at, so that several fleets in one process do not meet.
    """

    def __init__(self, usernames: Sequence[str], password: str) -> None:
        if ":" in password or not password.isprintable():
            raise ValueError("the password of a simulated fleet must be printable and have no colon")
        self._password = password
        self._folder = Path(tempfile.mkdtemp(prefix="auditor-lab-"))
        self._path = self._folder / "users"
        lines = sorted({line for username in usernames for line in _lines(username, password)})
        write_private(self._path, "".join(f"{line}\n" for line in lines))

    def matches(self, password: str) -> bool:
        """Tell whether this is the password, in constant time."""
        return hmac.compare_digest(password.encode(), self._password.encode())

    def acceptor(self, token: bytes) -> spnego.ContextProxy:
        """Return a new acceptor for a client whose first token is this one: bare NTLM or SPNEGO."""
        bare = token.startswith(_NTLM_MESSAGE)
        options = spnego.NegotiateOptions.use_ntlm if bare else spnego.NegotiateOptions.use_negotiate
        with _ENVIRONMENT, _UserFile(self._path):
            return spnego.server(protocol="ntlm" if bare else "negotiate", options=options)

    def step(self, acceptor: spnego.ContextProxy, token: bytes) -> bytes:
        """Give the acceptor the client's token and return the answer, maybe empty; raises `SpnegoError`."""
        with _ENVIRONMENT, _UserFile(self._path):
            return acceptor.step(token) or b""

    def remove(self) -> None:
        """Remove the file and its folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """Whether the request may go on; `headers` are WWW-Authenticate values for the response."""

    admitted: bool
    headers: tuple[str, ...] = ()


class Login:
    """The authentication of one connection."""

    def __init__(self, state: ServerState, passwords: PasswordFile, *, secure: bool) -> None:
        self._state = state
        self._passwords = passwords
        self._secure = secure
        self._acceptor: spnego.ContextProxy | None = None

    @property
    def context(self) -> spnego.ContextProxy | None:
        """The security context that seals messages, once NTLM is complete."""
        return self._acceptor if self._acceptor is not None and self._acceptor.complete else None

    def admit(self, authorization: str) -> Admission:
        """Judge one request by its Authorization header (empty when it has none)."""
        scheme, _, text = authorization.partition(" ")
        if not scheme and self.context is not None:
            return Admission(admitted=True)
        if scheme.lower() == "basic" and self._takes_basic():
            return self._basic(text)
        if scheme.lower() in _TOKEN_SCHEMES and Authentication.NTLM in self._state.authentications:
            return self._negotiate(_TOKEN_SCHEMES[scheme.lower()], text)
        return self._refusal()

    def _takes_basic(self) -> bool:
        private = self._secure or self._state.allow_unencrypted
        return private and Authentication.BASIC in self._state.authentications

    def _refusal(self) -> Admission:
        self._acceptor = None
        headers = ("Negotiate", "NTLM") if Authentication.NTLM in self._state.authentications else ()
        return Admission(admitted=False, headers=headers + (('Basic realm="WSMAN"',) if self._takes_basic() else ()))

    def _basic(self, text: str) -> Admission:
        username, _, password = _decode(text).decode(errors="replace").partition(":")
        if self._passwords.matches(password) and self._lets_in(username):
            return Admission(admitted=True)
        return self._refusal()

    def _negotiate(self, scheme: str, text: str) -> Admission:
        token = _decode(text)
        if self._acceptor is None or self._acceptor.complete:
            self._acceptor = self._passwords.acceptor(token)
        try:
            answer = self._passwords.step(self._acceptor, token)
        except _STRANGE_TOKEN:
            return self._refusal()
        if self._acceptor.complete and not self._lets_in(self._acceptor.client_principal or ""):
            return self._refusal()
        header = f"{scheme} {base64.b64encode(answer).decode()}"
        return Admission(admitted=self._acceptor.complete, headers=(header,) if answer else ())

    def _lets_in(self, username: str) -> bool:
        known = username.lower() in _spellings(self._state.username)
        return known and self._state.reachability is not Reachability.WRONG_PASSWORD


class _UserFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: str | None = None

    def __enter__(self) -> None:
        self._before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(self._path)

    def __exit__(self, *_: object) -> None:
        del os.environ["NTLM_USER_FILE"]
        if self._before is not None:
            os.environ["NTLM_USER_FILE"] = self._before


def write_private(path: Path, text: str) -> None:
    """Write a new file that only this user can read (mode 0600 from its first moment on)."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _lines(username: str, password: str) -> tuple[str, ...]:
    domain, _, user = username.rpartition("\\")
    return f"{domain}:{user}:{password}", f":{user}:{password}"


def _spellings(username: str) -> frozenset[str]:
    return frozenset({username.lower(), username.rpartition("\\")[2].lower()})


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
