"""The auditor's own look at a web server: one request, no credentials, no redirects, no proxy.

The certificate is not verified: nothing secret is sent, and what is judged is what this address answers.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping

from auditor.errors import ReplyError
from auditor.model.answer import Answer, Failed, Observed
from auditor.model.question import Question
from auditor.model.value import Json
from auditor.readers.http import check
from auditor.transports.connect import connect
from auditor.transports.guard import Guard, Guards
from auditor.transports.transport import Deadline

HEADERS = (
    "allow",
    "location",
    "ms-asprotocolversions",
    "ms-server-activesync",
    "server",
    "www-authenticate",
    "x-owa-version",
)
_SECONDS = 15.0
_LATE = "no answer in time"
_WORDS: Mapping[type[Exception], str] = {
    ConnectionRefusedError: "connection refused",
    ConnectionError: "the connection was lost",
    socket.gaierror: "the name is not known",
    ssl.SSLError: "TLS could not be agreed on",
    http.client.HTTPException: "the answer is not HTTP",
}


class _SilentError(TimeoutError):
    """Nothing at the port took the connection."""


class Looks:
    """Looks from outside; used from many threads at once. A port that is silent is not waited for again."""

    def __init__(self) -> None:
        self._guards = Guards()
        self._silent: set[tuple[str, int]] = set()

    def stop(self) -> None:
        """Break off all looks."""
        self._guards.stop()

    def look(self, address: str, question: Question, deadline: Deadline) -> Answer:
        """Return what the server at the address answers to an `http` question; never raises for what it does."""
        port = (address, int(question["port"]))
        if port in self._silent:
            return _failed(question, _LATE)
        end = min(deadline, Deadline.after(_SECONDS), key=Deadline.remains)
        with self._guards.watching(end) as guard:
            try:
                return Observed(data=check(_request(address, question, end, guard)))
            except ReplyError:
                return _failed(question, "the answer is not HTTP (its status)")
            except _SilentError:
                self._silent.add(port)
                return _failed(question, _LATE)
            except (OSError, http.client.HTTPException, ValueError) as error:
                return _failed(question, _why(error, late=guard.is_shut))


def _failed(question: Question, why: str) -> Failed:
    return Failed(reason=f"port {question['port']}: {why}")


def _request(address: str, question: Question, end: Deadline, guard: Guard) -> Mapping[str, Json]:
    port, host = int(question["port"]), question["host"] or _host(address)
    connection = http.client.HTTPConnection(address, port)
    try:
        connection.sock = _connected(address, port, end, guard)
        if question["scheme"] == "https":
            connection.sock = _context().wrap_socket(connection.sock, server_hostname=address)
        connection.request(question["method"], question["path"], headers={"Host": host, "Connection": "close"})
        with connection.getresponse() as response:
            if guard.is_shut:  # headers that were cut off look like headers that ended
                raise TimeoutError
            headers: dict[str, Json] = {
                name: list(values) for name in HEADERS if (values := response.headers.get_all(name))
            }
            return {"status": response.status, "headers": headers}
    finally:
        connection.close()


def _connected(address: str, port: int, end: Deadline, guard: Guard) -> socket.socket:
    try:
        connection = connect(address, port, end, guard.watch)
    except OSError as error:
        if guard.is_shut or isinstance(error, TimeoutError):
            raise _SilentError from error
        raise
    connection.settimeout(max(end.remains(), 0.05))
    return connection


def _context() -> ssl.SSLContext:
    """Return a context that takes any certificate, and the TLS 1.0 that is the newest of Windows Server 2008."""
    context = ssl._create_unverified_context()  # noqa: S323, SLF001  see above
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _why(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return _LATE
    for kind, words in _WORDS.items():
        if isinstance(error, kind):
            return f"{words} ({type(error).__name__})"
    return f"the connection failed ({type(error).__name__})"
