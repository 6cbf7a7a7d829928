"""Intervals -> what is told of a check: since when, how often it flipped, whether it flaps: pure.

A flip is a verdict that is another than the one known before it. Runs in which it is not known (`error`) are no flip:
a server that does not answer every other night has not changed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from auditor.history.records import Interval, Seen
from auditor.model.finding import Verdict

RECENT = 10
"""How many of a check's newest runs are looked at for flapping."""

FLAPPING = 3
"""How many flips in these runs make it flapping."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckHistory:
    """One check on one server, as its intervals tell it.

    `since` is the first run of the unbroken row of runs with the present verdict, `runs` how many these are.
    `value_since` is the first run that found the present value. `current` is false for a check that the newest run
    of this server and policy no longer judged.
    """

    host: str
    policy: str
    check: str
    verdict: Verdict
    since: Seen
    value_since: Seen
    last: Seen
    runs: int
    judged: int
    flips: int
    recent_flips: int
    flapping: bool
    waiver: str
    current: bool
    intervals: tuple[Interval, ...]


def check_histories(intervals: Iterable[Interval]) -> Iterator[CheckHistory]:
    """Yield one history per check; the intervals come as `Store.history` yields them."""
    for _, group in groupby(intervals, lambda each: (each.host, each.policy, each.check)):
        yield history_of(tuple(group))


def history_of(intervals: Sequence[Interval]) -> CheckHistory:
    """Return the history of one check; there is at least one interval."""
    newest = intervals[-1]
    alike = _newest_alike(intervals, lambda each: (each.verdict,))
    recent = flips(_recent_verdicts(intervals))
    return CheckHistory(
        host=newest.host,
        policy=newest.policy,
        check=newest.check,
        verdict=newest.verdict,
        since=alike[0].first,
        value_since=_newest_alike(intervals, _value)[0].first,
        last=newest.last,
        runs=sum(each.count for each in alike),
        judged=sum(each.count for each in intervals),
        flips=flips([each.verdict for each in intervals]),
        recent_flips=recent,
        flapping=recent >= FLAPPING,
        waiver=newest.waiver,
        current=newest.current,
        intervals=tuple(intervals),
    )


def flips(verdicts: Iterable[Verdict]) -> int:
    """Return how often the known verdict changed."""
    known = [verdict for verdict in verdicts if verdict is not Verdict.ERROR]
    return sum(before is not after for before, after in pairwise(known))


def _newest_alike(intervals: Sequence[Interval], what: Callable[[Interval], tuple[str, ...]]) -> Sequence[Interval]:
    place = len(intervals) - 1
    while place > 0 and what(intervals[place - 1]) == what(intervals[-1]):
        place -= 1
    return intervals[place:]


def _value(interval: Interval) -> tuple[str, ...]:
    """Return what was found; a waiver changes nothing of it."""
    return interval.verdict, interval.actual, interval.reason


def _recent_verdicts(intervals: Sequence[Interval]) -> list[Verdict]:
    """Return the verdicts of the newest runs, oldest first."""
    newest_first: list[Verdict] = []
    for each in reversed(intervals):
        newest_first += [each.verdict] * min(each.count, RECENT - len(newest_first))
    return newest_first[::-1]
