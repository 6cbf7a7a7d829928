"""A transport that asks again where a second try can succeed, with growing pauses and never past the deadline."""

import random as dice
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.inventory import Server
from auditor.model.question import Question
from auditor.transports.transport import Deadline, Delivery, Transport

PASSING = frozenset({NotReached.REFUSED, NotReached.TIMED_OUT, NotReached.QUOTA, NotReached.BUSY, NotReached.BROKEN})
"""What can pass by itself within a minute: a restart, a loaded server, other people's sessions, a lost connection.

All else is an answer that stays: the name or the certificate is wrong, access is refused. Above all an account that was
refused is not tried again, because each try counts towards its lock-out.
"""

_WORTH_A_TRY = 1.0
"""Seconds that must be left for another try."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backoff:
    """Pauses in seconds: the first, how much longer each next one is, and the longest."""

    first: float = 2.0
    factor: float = 2.0
    most: float = 30.0

    def pause(self, failed: int, chance: float) -> float:
        """Return the pause after so many failed tries: its later half is left to chance (0 to 1).

        Chance keeps servers that failed together from being asked again together.
        """
        whole = min(self.most, self.first * self.factor ** min(failed - 1, 64))
        return whole * (1 + chance) / 2


class Retry(Protocol):
    """What is told of each further try: the `attempt`th comes after `wait` seconds, because of `reason`."""

    def __call__(self, server: str, *, attempt: int, wait: float, reason: str) -> None:
        """Take note of it; may be called from many threads at once."""


Resting: TypeAlias = Callable[[Server, Deadline], AbstractContextManager[None]]
"""What a server does without during a pause; leaving it may wait for that, though not past the deadline."""


class Retrying:
    """A transport around another; `attempts` counts the first one, too. `sleep` takes seconds.

    `resting` is entered for each pause and left at its end, so that a server that only waits holds up no other.
    """

    def __init__(  # noqa: PLR0913  named parts, each replaceable by itself
        self,
        transport: Transport,
        *,
        attempts: int = 3,
        backoff: Backoff | None = None,
        sleep: Callable[[float], object] | None = None,
        resting: Resting | None = None,
        random: Callable[[], float] = dice.random,
        told: Retry | None = None,
    ) -> None:
        self._transport = transport
        self._attempts = attempts
        self._backoff = backoff or Backoff()
        self._stopped = threading.Event()
        # a pause ends at once when everything is broken off
        self._sleep = sleep or self._stopped.wait
        self._resting = resting or (lambda server, deadline: nullcontext())  # noqa: ARG005  the signature of Resting
        self._random = random
        self._note = told

    @property
    def name(self) -> str:
        """The word for it in evidence: that of the transport inside."""
        return self._transport.name

    def stop(self) -> None:
        """Break off everything under way, pauses included; nothing is tried again."""
        self._stopped.set()
        self._transport.stop()

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        """Return an answer to every question; raises the last `ServerNotReachedError` when no try succeeds.

        What was lost before the last try stands in the timings as `retrying`, in seconds.
        """
        started = time.monotonic()
        for attempt in range(1, self._attempts + 1):
            lost = time.monotonic() - started
            try:
                delivery = self._transport.ask(server, questions, deadline)
            except ServerNotReachedError as error:
                if not self._wait(server, error, attempt, deadline):
                    raise _told(error, attempt, lost) from error
            else:
                return delivery if attempt == 1 else replace(delivery, timings=_timed(delivery.timings, lost))
        raise ValueError(f"attempts must be at least 1, not {self._attempts}")

    def _wait(self, server: Server, error: ServerNotReachedError, attempt: int, deadline: Deadline) -> bool:
        """Pause and tell whether to try again."""
        if error.kind not in PASSING or attempt >= self._attempts or self._stopped.is_set():
            return False
        pause = self._backoff.pause(attempt, self._random())
        if deadline.remains() < pause + _WORTH_A_TRY:
            return False
        if self._note is not None:
            self._note(server.name, attempt=attempt + 1, wait=pause, reason=str(error))
        with self._resting(server, deadline):
            self._sleep(pause)
        return not self._stopped.is_set()


def _told(error: ServerNotReachedError, attempt: int, lost: float) -> ServerNotReachedError:
    if attempt == 1:
        return error
    return ServerNotReachedError(error.kind, f"tried {attempt} times: {error}", _timed(error.timings, lost))


def _timed(timings: Mapping[str, float], lost: float) -> Mapping[str, float]:
    return {**timings, "retrying": round(lost, 3)}
