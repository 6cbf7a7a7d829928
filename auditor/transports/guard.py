"""Sockets that can be shut from another thread when a deadline passes.

A timeout of a socket starts anew with every byte, so a server that drips bytes never exceeds it. A guard holds a second
handle of each connection and shuts the connection itself when its time is over.
"""

import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from auditor.transports.transport import Deadline


@dataclass(order=True, slots=True)
class _Alarm:
    moment: float
    number: int
    call: Callable[[], object] | None = field(compare=False)


class _Clock:
    """Calls functions at moments of the monotonic clock, all from one thread, which begins with the first of them."""

    def __init__(self) -> None:
        self._alarms: list[_Alarm] = []
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def set(self, deadline: Deadline, call: Callable[[], object]) -> _Alarm:
        """Have the function called, which must be quick, unless `call` is taken from the alarm before."""
        alarm = _Alarm(deadline.moment, next(self._numbers), call)
        with self._changed:
            heapq.heappush(self._alarms, alarm)
            if self._thread is None or not self._thread.is_alive():  # in a forked process it is not
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if self._alarms[0] is alarm:
                self._changed.notify()
        return alarm

    def _run(self) -> None:
        while True:
            call = self._next().call
            if call is not None:
                call()

    def _next(self) -> _Alarm:
        """Return the alarm whose moment has come, waiting for it."""
        with self._changed:
            while not self._alarms or self._alarms[0].moment > time.monotonic():
                self._changed.wait(self._alarms[0].moment - time.monotonic() if self._alarms else None)
            return heapq.heappop(self._alarms)


_CLOCK = _Clock()


class Guard:
    """The connections of one conversation; a context manager that shuts them at the deadline, or at `shut`."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._alarm: _Alarm | None = None
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self.is_shut = False

    def __enter__(self) -> Self:
        self._alarm = _CLOCK.set(self._deadline, self.shut)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.call = None
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def watch(self, connection: socket.socket) -> None:
        """Take a second handle of a connection, which may yet have to be made; TLS on top makes no difference."""
        with self._lock:
            self._handles.append(connection.dup())
        if self.is_shut:
            self.shut()

    def shut(self) -> None:
        """Shut all connections, also those that are opened later: whoever reads from one gets an error at once."""
        with self._lock:
            self.is_shut = True
            for handle in self._handles:
                with suppress(OSError):  # the other side was faster, or it is not connected yet
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
