"""What a site says of the fleet as a whole, gathered server by server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from auditor.history.summary import CheckHistory
from auditor.model.finding import FLEET
from auditor.site.changes import Night, add_changes
from auditor.site.register import Register
from auditor.site.standing import Tally, worst_first

_TOP = 12
"""How many of the worst the front page names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A server, or a check of a policy, and how its checks stand now; `last` is when it was judged last."""

    host: str = ""
    policy: str = ""
    check: str = ""
    tally: Tally
    last: str


@dataclass(slots=True)
class Fleet:
    """What is gathered while the servers pass by."""

    whole: Tally = field(default_factory=Tally)
    servers: list[Place] = field(default_factory=list)
    nights: dict[str, Night] = field(default_factory=dict)
    waivers: Register = field(default_factory=Register)
    flapping: list[CheckHistory] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many servers there are, the fleet as a whole not among them."""
        return sum(each.host != FLEET for each in self.servers)

    def add(self, told: Sequence[CheckHistory]) -> None:
        """Gather what the checks of one server tell."""
        for each in told:
            self.whole.add(each)
            self.waivers.add(each)
            add_changes(self.nights, each)
        flapping = [*self.flapping, *(each for each in told if each.flapping and each.current)]
        self.flapping = nsmallest(_TOP, flapping, key=lambda each: (-each.recent_flips, *worst_first(each)))


def worst(place: Place) -> tuple[tuple[int, ...], str, str, str]:
    """Return the sort key of servers and of checks, the worst first."""
    return (place.tally.order(), place.host, place.policy, place.check)


def top(places: Iterable[Place]) -> list[Place]:
    """Return the worst of the places where anything deviates or is not known."""
    return nsmallest(_TOP, (place for place in places if place.tally.bad), key=worst)
