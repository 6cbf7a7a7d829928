"""Sockets that can be shut from another thread when a deadline passes.

A timeout of a socket starts anew with every byte, so a server that drips bytes never exceeds it. A guard holds a second
handle of each connection and shuts the connection itself when its time is over.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from auditor.transports.transport import Deadline


class Guard:
    """The connections of one conversation; a context manager that shuts them at the deadline, or at `shut`."""

    def __init__(self, deadline: Deadline) -> None:
        self._timer = threading.Timer(deadline.remains(), self.shut)
        self._timer.daemon = True
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self.is_shut = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def watch(self, connection: socket.socket) -> None:
        """Take a second handle of a connection; TLS on top of it makes no difference."""
        with self._lock:
            self._handles.append(connection.dup())
        if self.is_shut:
            self.shut()

    def shut(self) -> None:
        """Shut all connections, also those that are opened later: whoever reads from one gets an error at once."""
        with self._lock:
            self.is_shut = True
            for handle in self._handles:
                with suppress(OSError):  # the other side was faster
                    handle.shutdown(socket.SHUT_RDWR)


class Guards:
    """The guards of a transport, so that all of it can be stopped."""

    def __init__(self) -> None:
        self._active: set[Guard] = set()
        self._lock = threading.Lock()
        self._stopped = False

    @contextmanager
    def watching(self, deadline: Deadline) -> Iterator[Guard]:
        """Give a guard that shuts its connections at the deadline or at `stop`."""
        with Guard(deadline) as guard:
            with self._lock:
                self._active.add(guard)
                stopped = self._stopped
            if stopped:
                guard.shut()
            try:
                yield guard
            finally:
                with self._lock:
                    self._active.discard(guard)

    def stop(self) -> None:
        """Shut all connections, also those that are opened later."""
        with self._lock:
            self._stopped = True
            active = list(self._active)
        for guard in active:
            guard.shut()
