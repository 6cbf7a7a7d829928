"""Intervals of one check on one server, over the runs that judged it: pure.

Runs are numbers that sort by time. A span says from which run to which run a state lasted; `last` None means up to the
newest run that covers the server, so that a night without changes changes no span.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Span:
    """A state (its number) and the runs it lasted, first and last included."""

    first: int
    last: int | None
    state: int

    def holds_at(self, run: int) -> bool:
        """Return whether the state lasted through this run."""
        return self.first <= run and (self.last is None or run <= self.last)


def put(spans: Iterable[Span], covered: Sequence[int], run: int, state: int | None) -> list[Span]:
    """Return the spans after `run` saw `state`, or (None) did not find the check at all.

    `covered` are all runs that cover the server, in order, `run` among them; it need not be the newest one.
    """
    pieces = [piece for span in spans for piece in _without(span, covered, run)]
    if state is not None:
        pieces.append(Span(first=run, last=run, state=state))
    pieces.sort()
    return _joined(pieces, covered)


def runs_of(span: Span, covered: Sequence[int]) -> Sequence[int]:
    """Return the runs, of those that cover the server, through which the state lasted."""
    end = len(covered) if span.last is None else bisect_right(covered, span.last)
    return covered[bisect_left(covered, span.first) : end]


def _without(span: Span, covered: Sequence[int], run: int) -> list[Span]:
    """Return what is left of a span when one run is taken out of it: itself, or up to two pieces, all closed."""
    last = covered[-1] if span.last is None else span.last
    if not span.holds_at(run):
        return [replace(span, last=last)]
    place = bisect_left(covered, run)
    pieces = []
    if span.first < run:
        pieces.append(replace(span, last=covered[place - 1]))
    if run < last:
        pieces.append(replace(span, first=covered[place + 1], last=last))
    return pieces


def _joined(pieces: Sequence[Span], covered: Sequence[int]) -> list[Span]:
    """Return the spans with neighbours of the same state made one, and the one that reaches the newest run open."""
    joined: list[Span] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if (
            before
            and before.last is not None
            and before.state == piece.state
            and _next(covered, before.last) == piece.first
        ):
            joined[-1] = replace(before, last=piece.last)
        else:
            joined.append(piece)
    if joined and joined[-1].last == covered[-1]:
        joined[-1] = replace(joined[-1], last=None)
    return joined


def _next(covered: Sequence[int], run: int) -> int | None:
    place = bisect_right(covered, run)
    return covered[place] if place < len(covered) else None
