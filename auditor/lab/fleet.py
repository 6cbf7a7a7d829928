"""A running fleet: every server of a scenario on real ports, one password, one authority; everything ends with it."""

import contextlib
import functools
import secrets
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.lab.certificate import Authority, CertificateKind
from auditor.lab.conversation import WebConversation, WinrmConversation
from auditor.lab.counters import NO_COUNTS, NOTHING, Counters, Counts, Window
from auditor.lab.listener import LOOPBACK, Handler, Listener, allow_open_files
from auditor.lab.login import Login, PasswordFile
from auditor.lab.running import RunningServer, write_inventory
from auditor.lab.service import Service
from auditor.lab.shells import Shells
from auditor.lab.state import Reachability, Scenario, ServerState
from auditor.model.inventory import Scheme

_READ_BYTES = 65536
_FILES_PER_SERVER = 5
"""Three listening sockets, and room for connections."""
_SPARE_FILES = 512


class Fleet:
    """Simulated servers that are listening; a context manager. Begin with `Fleet.start`."""

    def __init__(
        self,
        states: tuple[ServerState, ...],
        *,
        password: str,
        first_port: int,
        certificates: Mapping[str, CertificateKind],
    ) -> None:
        self.password = password
        self._stopping = threading.Event()
        self._ending = contextlib.ExitStack()
        try:
            folder = Path(self._ending.enter_context(tempfile.TemporaryDirectory(prefix="auditor-lab-")))
            self._authority = Authority(folder)
            self._passwords = PasswordFile([state.username for state in states], password)
            self._ending.callback(self._passwords.remove)
            allow_open_files(_SPARE_FILES + _FILES_PER_SERVER * len(states))
            self._listener = Listener()
            self._ending.callback(self._listener.stop)
            self._ending.callback(self._stopping.set)
            self._ports = iter(range(first_port, first_port + 3 * len(states)) if first_port else [0] * 3 * len(states))
            self.servers = tuple(
                self._open(state, certificates.get(state.name, CertificateKind.GOOD)) for state in states
            )
            self._listener.start()
        except BaseException:
            self._ending.close()
            raise

    @classmethod
    def start(
        cls,
        scenario: Scenario,
        servers: int | None = None,
        *,
        password: str | None = None,
        first_port: int = 0,
        certificates: Mapping[str, CertificateKind] | None = None,
    ) -> Self:
        """Start the scenario's servers.

        `servers` is how many, taking the scenario's again and again under new names (`cas01-2`). `password` is
        random unless given. Ports are free ones of the system, or three in a row per server from `first_port` on.
        `certificates` gives a server (by name) another than a good one.
        """
        return cls(
            repeated(scenario.servers, len(scenario.servers) if servers is None else servers),
            password=secrets.token_urlsafe(24) if password is None else password,
            first_port=first_port,
            certificates=certificates or {},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every socket, end every thread, remove every file with a secret; harmless when done twice."""
        self._ending.close()

    def server(self, name: str) -> RunningServer:
        """Return the running server of this name; raises `KeyError`."""
        for server in self.servers:
            if server.name == name:
                return server
        raise KeyError(name)

    def write_inventory(self, path: Path) -> None:
        """Write an inventory of the fleet, and beside it the password in a file that goes when the fleet stops."""
        secret = write_inventory(path, self.servers, self.password)
        self._ending.callback(secret.unlink, missing_ok=True)

    def counts(self) -> Counts:
        """Return what happened at all servers together, so far."""
        return sum((server.counters.now() for server in self.servers), NO_COUNTS)

    def take_window(self) -> Window:
        """Return from when to when any server had anything to do, since this was last asked."""
        return functools.reduce(Window.__or__, (server.counters.take_window() for server in self.servers), NOTHING)

    def _open(self, state: ServerState, certificate: CertificateKind) -> RunningServer:
        counters = Counters()
        tls = functools.cache(functools.partial(self._authority.context_for, state.name, certificate))
        ports = [next(self._ports) for _ in range(3)]
        port = self._open_winrm(state, counters, ports[0], tls)
        web_port, web_secure_port = self._open_web(state, counters, ports[1:], tls)
        return RunningServer(
            state=state,
            name=state.name,
            address=LOOPBACK,
            port=port,
            scheme=state.scheme,
            username=state.username,
            ca_file=self._authority.ca_file,
            web_port=web_port,
            web_secure_port=web_secure_port,
            counters=counters,
        )

    def _open_winrm(self, state: ServerState, counters: Counters, port: int, tls: Callable[[], ssl.SSLContext]) -> int:
        match state.reachability:
            case Reachability.REFUSED:
                return self._listener.reserve(port)
            case Reachability.SILENT:
                return self._listener.open(_silence, port)
            case _:
                secure = state.scheme is Scheme.HTTPS
                return self._listener.open(self._winrm(state, counters), port, tls if secure else None)

    def _open_web(
        self, state: ServerState, counters: Counters, ports: list[int], tls: Callable[[], ssl.SSLContext]
    ) -> tuple[int, int]:
        if state.reachability is Reachability.REFUSED or not state.web.listening:
            plain_port, secure_port = (
                self._listener.reserve(port) if port else self._listener.dead_port for port in ports
            )
            return plain_port, secure_port
        plain, secure = _web(state, counters, secure=False), _web(state, counters, secure=True)
        return self._listener.open(plain, ports[0]), self._listener.open(secure, ports[1], tls)

    def _winrm(self, state: ServerState, counters: Counters) -> Handler:
        shells = Shells(state, counters)
        self._ending.callback(shells.close)
        service = Service(state, counters, shells)
        secure = state.scheme is Scheme.HTTPS

        def serve(connection: socket.socket, client: str) -> None:
            counters.add("connections")
            WinrmConversation(
                connection,
                client,
                state=state,
                login=Login(state, self._passwords, secure=secure),
                service=service,
                counters=counters,
                pause=self._pause,
                secure=secure,
            )

        return serve

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._stopping.wait(seconds)


def _web(state: ServerState, counters: Counters, *, secure: bool) -> Handler:
    def serve(connection: socket.socket, client: str) -> None:
        WebConversation(connection, client, state=state, counters=counters, secure=secure)

    return serve


def _silence(connection: socket.socket, _client: str) -> None:
    while connection.recv(_READ_BYTES):
        pass


def repeated(states: tuple[ServerState, ...], count: int) -> tuple[ServerState, ...]:
    """Return so many servers: those given, again and again, under new names (`cas01-2`)."""
    if not states and count:
        raise ValueError("a scenario without servers cannot be repeated")
    rounds = [divmod(number, len(states)) for number in range(count)]
    return tuple(
        replace(states[index], name=states[index].name + (f"-{turn + 1}" if turn else "")) for turn, index in rounds
    )
