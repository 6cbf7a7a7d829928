"""Servers of the tests' own, simulated servers, and asking one as the program does."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from auditor.credentials import Credentials
from auditor.errors import ServerNotReachedError
from auditor.lab.certificate import CertificateKind
from auditor.lab.fleet import Fleet
from auditor.lab.running import RunningServer
from auditor.lab.state import OperatingSystem, RegistryKey, RegistryValue, Scenario, ServerState
from auditor.model.inventory import Authentication, Connection, SecretReference, SecretSource, Server
from auditor.model.question import Question
from auditor.readers.registry_value import registry_value
from auditor.transports.transport import Deadline, Delivery
from auditor.transports.winrm import WinRm

PLANTED = "Pl4nted-S3cret!"
_KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
_SECRET = SecretReference(source=SecretSource.ENVIRONMENT, reference="PLANTED")

Serve = Callable[[socket.socket], None]


class OwnServer:
    """A server that does one thing with every connection, in a thread; it closes with the test."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self.received: list[bytes] = []

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        return len(self._open)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # nobody is accepted any more before those who were are closed
        _shut(self._listening)
        self._threads[0].join(5)
        for each in self._open:
            _shut(each)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._work, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _work(self, connection: socket.socket) -> None:
        with suppress(OSError):
            self._serve(connection)
            connection.shutdown(socket.SHUT_RDWR)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def read_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = connection.recv(65536)
        if not part:
            return request
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@dataclass(kw_only=True, slots=True)
class Lab:
    """Everything that is started in a test."""

    ending: ExitStack = field(default_factory=ExitStack)

    def own(self, serve: Serve) -> OwnServer:
        """Start a server of the test's own."""
        return self.ending.enter_context(OwnServer(serve))

    def replying(self, reply: bytes) -> OwnServer:
        """Start a server that answers every request with these bytes and hangs up."""

        def serve(connection: socket.socket) -> None:
            server.received.append(read_request(connection))
            connection.sendall(reply)

        server = self.own(serve)
        return server

    def dripping(self, status: bytes = b"200 OK") -> OwnServer:
        """Start a server that sends one byte of a header after the other, without an end."""
        stopping = threading.Event()
        self.ending.callback(stopping.set)

        def serve(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 %b\r\nX-Drip: " % status)
            while not stopping.wait(0.2):
                connection.sendall(b"a")

        return self.own(serve)

    def silent(self) -> OwnServer:
        """Start a server that reads and never says anything."""

        def serve(connection: socket.socket) -> None:
            while connection.recv(65536):
                pass

        return self.own(serve)

    def deaf(self) -> int:
        """Return a port that takes no connection any more, because nobody accepts those that wait."""
        listening = self.ending.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listening.getsockname()
        for _ in range(3):
            waiting = self.ending.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        return int(address[1])

    def fleet(self, *states: ServerState, certificates: Mapping[str, CertificateKind] | None = None) -> Fleet:
        """Start simulated servers; their password is the planted secret."""
        scenario = Scenario(name="test", servers=states)
        return self.ending.enter_context(Fleet.start(scenario, password=PLANTED, certificates=certificates))

    def one(self, *, certificate: CertificateKind = CertificateKind.GOOD, **fields: Any) -> RunningServer:
        """Start one simulated server that differs in these fields."""
        return self.fleet(self.state(**fields), certificates={"cas01": certificate}).servers[0]

    @staticmethod
    def state(**fields: Any) -> ServerState:
        value = RegistryValue(name="SSLOffloaded", type="REG_DWORD", data=1)
        dull = {
            "name": "cas01",
            "computer": "CAS01",
            "os": OperatingSystem(version="6.0.6002", caption="Microsoft Windows Server 2008 Standard"),
            "now": 133_000_000_000_000_000,
            "boot": 132_999_000_000_000_000,
            "registry": (RegistryKey(path=rf"HKLM\{_KEY}", values=(value,), last_write=132_999_500_000_000_000),),
        }
        return ServerState(**{**dull, **fields})

    @staticmethod
    def question(name: str = "SSLOffloaded") -> Question:
        return registry_value(hive="HKLM", key=_KEY, name=name, view="64")

    @staticmethod
    def connection(port: int, **fields: Any) -> Connection:
        return Connection(**{"address": "127.0.0.1", "port": port, "username": "u", "secret": _SECRET, **fields})

    def connection_to(self, server: RunningServer, **fields: Any) -> Connection:
        ntlm = Authentication.NTLM in server.state.authentications
        known = {
            "scheme": server.scheme,
            "authentication": Authentication.NTLM if ntlm else Authentication.BASIC,
            "username": server.username,
            "ca_file": str(server.ca_file),
        }
        return self.connection(server.port, **{**known, **fields})

    @staticmethod
    def winrm(secret: str = PLANTED) -> WinRm:
        return WinRm(Credentials(environ={"PLANTED": secret}))

    def ask(self, connection: Connection, questions: Sequence[Question] = (), *, seconds: float = 10.0) -> Delivery:
        """Ask one server as the program does."""
        asked = questions or (self.question(),)
        return self.winrm().ask(Server(name="cas01", connection=connection), asked, Deadline.after(seconds))

    def refusal(self, connection: Connection, *, seconds: float = 10.0) -> ServerNotReachedError:
        """Return why a server was not reached, after having looked at what every such message must be like."""
        with pytest.raises(ServerNotReachedError) as raised:
            self.ask(connection, seconds=seconds)
        message = str(raised.value)
        place, _, rest = message.partition(": ")
        assert place == f"{connection.address}:{connection.port}"
        assert len(rest.rsplit("; ", maxsplit=1)) == 2
        assert PLANTED not in f"{message} {raised.value!r} {raised.value.__cause__!r}"
        return raised.value


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    with lab.ending:
        yield lab
