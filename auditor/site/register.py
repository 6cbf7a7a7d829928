"""The register of waivers: which accepted deviations the history saw, since when, and whose they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from auditor.history.records import Seen
from auditor.history.summary import CheckHistory
from auditor.model.waiver import WaiverMark

SHOWN = 50
"""How many findings of one waiver the register names; all are counted."""


@dataclass(slots=True)
class Use:
    """What one waiver covered: from which run to which, how many findings now, and at most `SHOWN` of these."""

    id: str
    first: Seen
    last: Seen
    now: int = 0
    ever: int = 0
    shown: list[CheckHistory] = field(default_factory=list)
    mark: WaiverMark | None = None


@dataclass(slots=True)
class Register:
    """All waivers, filled while the histories pass by."""

    uses: dict[str, Use] = field(default_factory=dict)

    def add(self, each: CheckHistory) -> None:
        """Note what covered a check on a server."""
        covered = set()
        for interval in each.intervals:
            if not interval.waiver:
                continue
            use = self.uses.setdefault(interval.waiver, Use(interval.waiver, interval.first, interval.last))
            use.first = min(use.first, interval.first, key=_moment)
            use.last = max(use.last, interval.last, key=_moment)
            covered.add(interval.waiver)
        for waiver in covered:
            self.uses[waiver].ever += 1
        if each.waiver and each.current:
            use = self.uses[each.waiver]
            use.now += 1
            if len(use.shown) < SHOWN:
                use.shown.append(each)

    def in_use(self, marks: Mapping[str, WaiverMark]) -> list[Use]:
        """Return the waivers that cover something now, what ends first before the others."""
        return sorted(self._told(marks, now=True), key=lambda use: (_end(use), use.id))

    def ended(self, marks: Mapping[str, WaiverMark]) -> list[Use]:
        """Return the waivers that cover nothing any more, the last one first."""
        by_name = sorted(self._told(marks, now=False), key=lambda use: use.id)
        return sorted(by_name, key=lambda use: _moment(use.last), reverse=True)

    def _told(self, marks: Mapping[str, WaiverMark], *, now: bool) -> Iterator[Use]:
        for use in self.uses.values():
            if bool(use.now) is now:
                use.mark = marks.get(use.id)
                yield use


def _moment(seen: Seen) -> tuple[str, str]:
    return seen.at, seen.run


def _end(use: Use) -> str:
    return use.mark.expires if use.mark else "9999"
