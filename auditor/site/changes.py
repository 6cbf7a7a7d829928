"""What changed in each run, as the intervals of the history tell it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from auditor.history.records import Interval, Trend
from auditor.history.summary import CheckHistory
from auditor.model.drift import deviates
from auditor.model.finding import Verdict
from auditor.site.standing import BAD, stands

MOST_CHANGES = 200
"""How many changes of one kind the page of a run shows; all are counted."""


class Kind(StrEnum):
    """What happened to a check on a server, in the order in which it is told."""

    DEVIATES = "deviates"
    NOT_KNOWN = "not known any more"
    RESOLVED = "resolved"
    WAIVED = "waived or no longer waived"
    KNOWN_AGAIN = "known again"
    ANOTHER_VALUE = "another value"
    OTHER = "applies, or no longer applies"
    FIRST = "judged for the first time"


@dataclass(frozen=True, slots=True)
class Change:
    """One check on one server, before and after; `before` is None for one that is judged for the first time."""

    kind: Kind
    before: Interval | None
    after: Interval


@dataclass(slots=True)
class Night:
    """What changed in one run; `shown` holds at most `MOST_CHANGES` changes of each kind."""

    counted: Counter[Kind] = field(default_factory=Counter)
    shown: dict[Kind, list[Change]] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        """Count a change, and keep it while there is room."""
        self.counted[change.kind] += 1
        shown = self.shown.setdefault(change.kind, [])
        # that something was judged for the first time is told only where it is not as it should be
        if len(shown) < MOST_CHANGES and (change.kind is not Kind.FIRST or stands(change.after) in BAD):
            shown.append(change)

    @property
    def drifted(self) -> int:
        """How much changed, but for what is new to the history."""
        return self.counted.total() - self.counted[Kind.FIRST]


def add_changes(nights: dict[str, Night], each: CheckHistory) -> None:
    """Add the changes of one check on one server to those of the runs that saw them."""
    for change in _changes(each.intervals):
        nights.setdefault(change.after.first.run, Night()).add(change)


def edited_policies(trend: Iterable[Trend]) -> dict[str, list[tuple[Trend, Trend]]]:
    """Return by run the policies whose text is another one than in the run before that judged them, with both."""
    edited: dict[str, list[tuple[Trend, Trend]]] = {}
    for before, after in pairwise(trend):
        if before.policy == after.policy and before.digest != after.digest:
            edited.setdefault(after.run, []).append((before, after))
    return edited


def _changes(intervals: Iterable[Interval]) -> Iterator[Change]:
    told = list(intervals)
    yield Change(Kind.FIRST, None, told[0])
    known: Verdict | None = None
    for before, after in pairwise(told):
        known = known if before.verdict is Verdict.ERROR else before.verdict
        yield Change(_kind(before, after, known), before, after)


def _kind(before: Interval, after: Interval, known: Verdict | None) -> Kind:
    """Return what happened; `known` is the verdict that was known last, None for none."""
    if after.verdict is Verdict.ERROR:
        return Kind.NOT_KNOWN if before.verdict is not Verdict.ERROR else Kind.ANOTHER_VALUE
    if before.waiver != after.waiver and deviates(after.verdict):
        return Kind.WAIVED
    if stands(before) is stands(after):
        return Kind.ANOTHER_VALUE
    if deviates(after.verdict):
        return Kind.KNOWN_AGAIN if known is after.verdict else Kind.DEVIATES
    if known is not None and deviates(known) and after.verdict is Verdict.PASS:
        return Kind.RESOLVED
    return Kind.KNOWN_AGAIN if before.verdict is Verdict.ERROR else Kind.OTHER
