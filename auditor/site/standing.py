"""How the checks of a history stand now, and how they are counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor.history.records import Interval
from auditor.history.summary import CheckHistory
from auditor.model.finding import FLEET, Standing

WORDS: Mapping[Standing, str] = {
    Standing.FAIL: "fail",
    Standing.ERROR: "not known",
    Standing.WARN: "warn",
    Standing.WAIVED: "waived",
    Standing.NOT_APPLICABLE: "not applicable",
    Standing.PASS: "pass",
}
"""The standings in words, the worst first."""

GONE = "no longer judged"
BAD = (Standing.FAIL, Standing.ERROR, Standing.WARN)
_ORDER = tuple(WORDS)


def stands(each: CheckHistory | Interval) -> Standing:
    """Return how a check counts: by its verdict, or as waived."""
    return Standing.WAIVED if each.waiver else Standing(each.verdict.value)


def worst_first(each: CheckHistory) -> tuple[bool, int, bool, str, str, str]:
    """Return the sort key of checks on a page: what is no longer judged comes last."""
    return not each.current, _ORDER.index(stands(each)), not each.flapping, each.host, each.policy, each.check


@dataclass(slots=True)
class Tally:
    """Checks counted by how they stand now."""

    now: Counter[Standing] = field(default_factory=Counter)
    flapping: int = 0
    gone: int = 0

    def add(self, each: CheckHistory) -> None:
        """Count a check on a server."""
        if not each.current:
            self.gone += 1
            return
        self.now[stands(each)] += 1
        self.flapping += each.flapping

    @property
    def bad(self) -> int:
        """How many deviate or are not known."""
        return sum(self.now[each] for each in BAD)

    def order(self) -> tuple[int, ...]:
        """Return the sort key of things that were counted, the worst first."""
        return *(-self.now[each] for each in BAD), -self.flapping, -self.now[Standing.WAIVED]


def tally(histories: Iterable[CheckHistory]) -> Tally:
    """Return how these checks stand now."""
    counted = Tally()
    for each in histories:
        counted.add(each)
    return counted


def host_words(name: str) -> str:
    """Return what a server is called; a link needs something to be seen by."""
    return "All servers together" if name == FLEET else name if name.strip() else "(a blank name)"
