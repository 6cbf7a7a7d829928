"""Sockets: one thread accepts for all simulated servers, one works per open connection, none per idle server."""

import contextlib
import functools
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

resource: ModuleType | None
try:
    import resource
except ImportError:  # not a POSIX system: no such limit
    resource = None

LOOPBACK = "127.0.0.1"
"""The fleet listens nowhere else."""

_BACKLOG = 128
_HANDSHAKE_SECONDS = 10.0
_JOIN_SECONDS = 5.0

Handler: TypeAlias = Callable[[socket.socket, str], None]
"""Serves one connection until it ends; gets the socket (TLS already spoken) and the client's address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Door:
    handler: Handler
    tls: Callable[[], ssl.SSLContext] | None


class Listener:
    """All listening sockets of a fleet. Open ports first, then `start`; `stop` closes every socket and thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, name="auditor-lab-accept", daemon=True)

    def open(self, handler: Handler, port: int = 0, tls: Callable[[], ssl.SSLContext] | None = None) -> int:
        """Listen on a port of the loopback address (0: any free one) and return it; `tls` is asked per connection."""
        listening = self._bind(port)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ, _Door(handler=handler, tls=tls))
        return _port(listening)

    def reserve(self, port: int = 0) -> int:
        """Keep a port on which nothing listens, so that connections to it are refused, and return it."""
        return _port(self._bind(port))

    @functools.cached_property
    def dead_port(self) -> int:
        """A port on which nothing listens, always the same one: the system has too few to keep some for each server."""
        return self.reserve()

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, end all connections, wait for all threads, close all sockets."""
        with self._lock:
            self._stopping = True
        self._wake.send(b"x")
        if self._thread.ident is not None:
            self._thread.join(_JOIN_SECONDS)
        for listening in (*self._sockets, self._wake, self._woken):
            listening.close()
        self._selector.close()
        self._end_connections()

    def _bind(self, port: int) -> socket.socket:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sockets.append(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        return listening

    def _accept(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select():
                if isinstance(key.data, _Door):
                    self._welcome(key.fileobj, key.data)

    def _welcome(self, listening: object, door: _Door) -> None:
        assert isinstance(listening, socket.socket)
        try:
            connection, (address, _) = listening.accept()
        except OSError:
            return  # the client went away between knocking and being let in
        connection.setblocking(True)
        worker = threading.Thread(target=self._serve, args=(connection, address, door), daemon=True)
        with self._lock:
            if self._stopping:
                connection.close()
                return
            self._connections[worker] = connection
        worker.start()

    def _serve(self, connection: socket.socket, address: str, door: _Door) -> None:
        try:
            # Clients that hang up, refuse our certificate or speak something else are everyday life for a server.
            with contextlib.suppress(OSError), connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if door.tls is None:
                    door.handler(connection, address)
                else:
                    self._serve_tls(connection, address, door.handler, door.tls())
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)

    def _serve_tls(self, plain: socket.socket, address: str, handler: Handler, context: ssl.SSLContext) -> None:
        with context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False) as connection:
            with self._lock:
                self._connections[threading.current_thread()] = connection
            connection.settimeout(_HANDSHAKE_SECONDS)
            connection.do_handshake()
            connection.settimeout(None)
            handler(connection, address)

    def _end_connections(self) -> None:
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now.values():
            # The plain shutdown: SSLSocket's own would take the TLS state away under the worker's hands.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for worker in open_now:
            worker.join(_JOIN_SECONDS)


def allow_open_files(wanted: int) -> None:
    """Raise this process's soft limit of open files to `wanted` where the system has such a limit and allows it."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _port(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port
