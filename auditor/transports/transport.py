"""The contract of a transport, and of the deadline it keeps."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from auditor.model.answer import Answers
from auditor.model.inventory import Server
from auditor.model.question import Question


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    moment: float

    @staticmethod
    def after(seconds: float) -> "Deadline":
        """Return the deadline that many seconds from now."""
        return Deadline(time.monotonic() + seconds)

    def remains(self) -> float:
        """Return the seconds left, never negative."""
        return max(0.0, self.moment - time.monotonic())

    def sooner(self, seconds: float) -> "Deadline":
        """Return the deadline that many seconds before this one."""
        return Deadline(self.moment - seconds)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What came back: `reason` says why it is not `complete`; `timings` are seconds per phase."""

    answers: Answers
    platform: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    exchanges: int = 0
    complete: bool = True
    reason: str = ""


class Transport(Protocol):
    """A way to a server; used from many threads at once."""

    @property
    def name(self) -> str:
        """The word for it in evidence."""

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        """Return an answer to every question; raises `ServerNotReachedError` when there are none."""

    def stop(self) -> None:
        """Break off everything under way."""
