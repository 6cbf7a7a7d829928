"""How far collecting is, on a terminal: one line that is written again and again. A log stays quiet."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from typing import TextIO

from auditor.formats.escape import visible
from auditor.model.evidence import Evidence, Status

_EVERY = 0.5
"""Seconds between two lines."""
_SLOWEST = 2
_MINUTE = 60

UnderWay = Callable[[], list[tuple[float, str]]]
"""Servers that are being read: seconds so far, and names."""


@dataclass(kw_only=True, slots=True)
class Progress:
    """What is known so far; `clock` gives monotonic seconds."""

    total: int
    under_way: UnderWay
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    not_reached: int = 0
    slowest: list[tuple[float, str]] = field(default_factory=list)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.began = self.clock()

    def take(self, evidence: Evidence) -> None:
        """Count a server that is done."""
        self.done += 1
        self.not_reached += evidence.status is Status.UNREACHABLE
        took = (evidence.timings.get("total", 0.0), evidence.server)
        self.slowest = nlargest(_SLOWEST, [*self.slowest, took])

    def line(self) -> str:
        """Return how far it is: done of total, rate, estimate, and the slowest servers, waited for or done."""
        told = [f"{self.done}/{self.total} servers"]
        rate = self.done / max(self.clock() - self.began, 0.001)
        if self.done:
            told += [f"{rate:.1f}/s", f"about {_duration((self.total - self.done) / rate)} left"]
        if self.not_reached:
            told.append(f"{self.not_reached} not reached")
        waiting = [(seconds, f"{name} {seconds:.0f} s and waiting") for seconds, name in self.under_way()]
        done = [(seconds, f"{name} {seconds:.0f} s") for seconds, name in self.slowest]
        slowest = ", ".join(text for _, text in nlargest(_SLOWEST, [*waiting, *done]))
        return visible(", ".join(told) + (f"; slowest: {slowest}" if slowest else ""))


def shown(evidences: Iterator[Evidence], progress: Progress, stream: TextIO) -> Iterator[Evidence]:
    """Pass the evidence on; on a terminal, show meanwhile how far it is."""
    if not stream.isatty():
        yield from evidences
        return
    over = threading.Event()
    thread = threading.Thread(target=_draw, args=(progress, stream, over), name="progress", daemon=True)
    thread.start()
    try:
        for evidence in evidences:
            progress.take(evidence)
            yield evidence
    finally:
        over.set()
        thread.join()


def _draw(progress: Progress, stream: TextIO, over: threading.Event) -> None:
    is_over = False
    while not is_over:
        # a line that wraps could not be taken back
        stream.write(f"\r\033[K{progress.line()[: shutil.get_terminal_size().columns - 1]}")
        stream.flush()
        is_over = over.wait(_EVERY)
    stream.write("\r\033[K")
    stream.flush()


def _duration(seconds: float) -> str:
    minutes, left = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {left} s" if minutes else f"{left} s"
