"""HTTP/1.1 on one connection: the WinRM port of a simulated server, and the ports of its web site."""

import socket
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

from auditor.lab import sealing
from auditor.lab.counted import Counted
from auditor.lab.counters import Counters
from auditor.lab.login import Login
from auditor.lab.service import Service
from auditor.lab.state import Reachability, ServerState
from auditor.lab.web import respond

if TYPE_CHECKING:
    from socketserver import BaseServer

_IDLE_SECONDS = 120.0
_LARGEST_BODY = 4 * 1024 * 1024
_PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
_SOAP_TYPE = "application/soap+xml;charset=UTF-8"

Headers = Iterable[tuple[str, str]]
Pause = Callable[[float], None]


class _Conversation(BaseHTTPRequestHandler):
    """Any method goes to `answer`; nothing is written to a log."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout: ClassVar[float | None] = _IDLE_SECONDS
    disable_nagle_algorithm = True

    def __init__(self, connection: socket.socket, client: str) -> None:
        # The base class keeps the server only to pass it on; there is none here.
        super().__init__(connection, (client, 0), _NO_SERVER)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        """Answer the request that was read."""
        raise NotImplementedError

    def version_string(self) -> str:
        """Return the Server header of http.sys."""
        return "Microsoft-HTTPAPI/2.0"

    def log_message(self, *_: object) -> None:
        """Say nothing: what a client sends may hold credentials."""

    def read_body(self) -> bytes | None:
        """Return the request's body, or None after having refused it."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self.respond(HTTPStatus.LENGTH_REQUIRED)
            return None
        if int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.respond(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def respond(self, status: int, body: bytes = b"", headers: Headers = ()) -> None:
        """Write a response at once, with its length."""
        self.send_response_only(status)
        for name, value in (("Server", self.version_string()), ("Date", self.date_time_string()), *headers):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class WinrmConversation(_Conversation):
    """POST /wsman with authentication and, over plain HTTP, message encryption."""

    def __init__(  # noqa: PLR0913  what one connection needs to know
        self,
        connection: socket.socket,
        client: str,
        *,
        state: ServerState,
        login: Login,
        service: Service,
        counters: Counters,
        pause: Pause,
        secure: bool,
    ) -> None:
        self._state = state
        self._login = login
        self._service = service
        self._counters = counters
        self._pause = pause
        self._secure = secure
        super().__init__(connection, client)

    def setup(self) -> None:
        """Count what passes."""
        super().setup()
        self.rfile = Counted(self.rfile, partial(self._counters.add, "bytes_received"))
        self.wfile = Counted(self.wfile, partial(self._counters.add, "bytes_sent"))

    def answer(self) -> None:
        """Answer one exchange: who asks, is it sealed where it must be, what does the service say."""
        self._counters.add("exchanges")
        body = self.read_body()
        if body is None:
            return
        self._pause(self._state.costs.round_trip)
        if self._state.reachability is Reachability.NOT_WINRM:
            self.respond(HTTPStatus.OK, _PAGE, [("Content-Type", "text/html")])
        elif self.path.partition("?")[0].rstrip("/").lower() != "/wsman":
            self.respond(HTTPStatus.NOT_FOUND)
        elif self.command != "POST":
            self.respond(HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", "POST")])
        else:
            self._admit(body)

    def _admit(self, body: bytes) -> None:
        admission = self._login.admit(self.headers.get("Authorization", ""))
        headers = [("WWW-Authenticate", value) for value in admission.headers]
        if not admission.admitted:
            self._counters.add("unauthorised")
            self.respond(HTTPStatus.UNAUTHORIZED, headers=headers)
        elif not body:
            self.respond(HTTPStatus.OK, headers=headers)
        elif sealing.is_sealed(self.headers.get("Content-Type", "")):
            self._sealed(body, headers)
        elif self._secure or self._state.allow_unencrypted:
            reply = self._service.reply(body, self.client_address[0])
            self.respond(reply.status, reply.body, [*headers, ("Content-Type", _SOAP_TYPE)])
        else:
            self.respond(HTTPStatus.UNAUTHORIZED)

    def _sealed(self, body: bytes, headers: Headers) -> None:
        context = self._login.context
        if context is None:
            self.respond(HTTPStatus.BAD_REQUEST)
            return
        try:
            message = sealing.unseal(context, body)
        except sealing.SealError:
            self.respond(HTTPStatus.BAD_REQUEST)
            return
        reply = self._service.reply(message, self.client_address[0])
        sealed = sealing.seal(context, reply.body) if reply.body else b""
        self.respond(reply.status, sealed, [*headers, ("Content-Type", sealing.CONTENT_TYPE)])


class WebConversation(_Conversation):
    """The web site: whatever `auditor.lab.web` says."""

    def __init__(
        self, connection: socket.socket, client: str, *, state: ServerState, counters: Counters, secure: bool
    ) -> None:
        self._state = state
        self._counters = counters
        self._secure = secure
        super().__init__(connection, client)

    def version_string(self) -> str:
        """Return the Server header: IIS with its version where there is one."""
        iis = self._state.iis
        return f"Microsoft-IIS/{iis.major}.{iis.minor}" if iis else super().version_string()

    def answer(self) -> None:
        """Answer one request of a browser or a probe."""
        self._counters.add("web_requests")
        if self.read_body() is None:
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = respond(self._state, self.command, self.path, self._secure, headers)
        self.respond(response.status, response.body, response.headers.items())


_NO_SERVER: "BaseServer" = SimpleNamespace()  # type: ignore[assignment]  # see _Conversation.__init__
