"""What ends an audit before every server was read: its own deadline, or a signal."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import TypeAlias

from auditor.transports.transport import Deadline

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
_GRACE = 5.0
"""Seconds that conversations get to end after they were broken off."""

_LATE = 0.5
"""Seconds after the audit's deadline, which all conversations keep, until nobody is waited for any more."""


class Ending:
    """Whether the audit is to end; asked from many threads at once."""

    def __init__(self, seconds: float | None = None) -> None:
        """Begin the audit's own deadline, if there is one."""
        self._deadline = None if seconds is None else Deadline.after(seconds)
        self._stopped = ""
        self._over: Deadline | None = None if self._deadline is None else self._deadline.sooner(-_LATE)
        self._cut: set[str] = set()

    def stop(self, why: str) -> None:
        """End the audit now; may be called in a signal handler, so it takes no lock."""
        self._over = Deadline.after(_GRACE)
        self._stopped = why

    def why(self) -> str:
        """Return why the audit is to end, empty as long as it goes on."""
        if self._stopped:
            return self._stopped
        passed = self._deadline is not None and not self._deadline.remains()
        return "the audit's deadline passed" if passed else ""

    def is_over(self) -> bool:
        """Tell whether even the time for ending is over."""
        return self._over is not None and not self._over.remains()

    def limit(self, deadline: Deadline) -> Deadline:
        """Return the sooner one of a server's deadline and the audit's."""
        return deadline if self._deadline is None else min(deadline, self._deadline, key=lambda each: each.moment)

    def left(self) -> float | None:
        """Return the seconds until the audit's own deadline, None if it has none."""
        return None if self._deadline is None else self._deadline.remains()

    def cut(self, server: str) -> None:
        """Note that the server was not read, or not wholly, because of the ending."""
        self._cut.add(server)

    @property
    def interrupted(self) -> bool:
        """Whether the audit was stopped, and some server was not read because of that."""
        return bool(self._stopped and self._cut)


@contextmanager
def ended_by_signals(ending: Ending, break_off: Callable[[], None]) -> Iterator[None]:
    """While inside, let the first SIGTERM or SIGINT end the audit, and break off what is under way from a thread.

    From the second signal on they do what they did before, so that an audit that does not end can be ended. Signals
    reach the main thread only; inside another, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {each: signal.getsignal(each) for each in _SIGNALS}
    # put is safe in a signal handler, which an Event or a lock is not
    received: SimpleQueue[bool] = SimpleQueue()

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature that signal asks for
        _restore(previous)
        ending.stop(f"interrupted by {signal.Signals(number).name}")
        received.put(True)

    watcher = threading.Thread(target=_await, args=(received, break_off), name="signals", daemon=True)
    watcher.start()
    for each in _SIGNALS:
        signal.signal(each, handle)
    try:
        yield
    finally:
        _restore(previous)
        received.put(False)
        watcher.join()


def _await(received: "SimpleQueue[bool]", break_off: Callable[[], None]) -> None:
    if received.get():
        break_off()


def _restore(previous: Mapping[signal.Signals, _Handler]) -> None:
    for each, handler in previous.items():
        if handler is not None:  # None: not installed by Python, so Python cannot put it back
            signal.signal(each, handler)
