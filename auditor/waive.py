"""Findings x waivers -> findings, and what is to be said of the waivers: pure.

A waiver marks a deviation and changes nothing else of it. What is not known is never waived.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from auditor.claims import Claim, Standing, claiming, end_of, names_host
from auditor.model.finding import FLEET, Finding, Findings
from auditor.model.run import Host
from auditor.model.waiver import Waiver, WaiverMark, WaiverNotes

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Waived:
    """The findings in their order, marked where a waiver covers them, and the notes on the waivers."""

    findings: Sequence[Finding]
    notes: WaiverNotes


def waive(
    findings: Sequence[Finding], waivers: Sequence[Waiver], hosts: Sequence[Host], now: datetime, soon: timedelta
) -> Waived:
    """Mark each failing check and warning that a waiver covers; marks from before are forgotten.

    `hosts` tell the groups of servers. A waiver holds until the end of its last day in its time zone; of several that
    cover a finding, the one that expires last marks it. `now` is aware; expiring within `soon` is noted. `Findings`
    are marked whenever one goes through them.
    """
    claims_on = claiming(waivers, hosts, now)
    tally = _tally(findings, claims_on)
    about = [waiver for waiver in waivers if waiver.policy in tally.judged]
    notes = _Notes(waivers=about, tally=tally, groups={host.name: host.groups for host in hosts}, now=now)

    def marked(finding: Finding) -> Finding:
        return _marked(finding, _counting(claims_on(finding)))

    return Waived(
        findings=findings.each(marked) if isinstance(findings, Findings) else tuple(map(marked, findings)),
        notes=WaiverNotes(
            expired=tuple(notes.expired()),
            expiring=tuple(notes.expiring(soon)),
            not_covered=tuple(notes.not_covered()),
            unused=tuple(notes.unused()),
            overlapping=tuple(tally.overlapping()),
            broad=tuple(notes.broad()),
        ),
    )


def _counting(claims: Iterable[Claim]) -> Waiver | None:
    """Return the waiver that marks what these claim."""
    covering = [claim.waiver for claim in claims if claim.standing is Standing.COVERS]
    counting = covering[0] if covering else None
    for waiver in covering[1:]:
        assert counting is not None
        counting = waiver if _outlasts(waiver, counting) else counting
    return counting


def _outlasts(one: Waiver, other: Waiver) -> bool:
    # of two that end together the first by name, so that the order of the files does not matter
    return (end_of(one), other.id) > (end_of(other), one.id)


def _marked(finding: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None:
        return replace(finding, waiver=None) if finding.waiver else finding
    return replace(finding, waiver=_mark(waiver))


@lru_cache(maxsize=1024)
def _mark(waiver: Waiver) -> WaiverMark:
    return WaiverMark(
        id=waiver.id, owner=waiver.owner, reason=waiver.reason, ticket=waiver.ticket, expires=waiver.expires
    )


@dataclass(slots=True)
class _Places:
    """So many findings, and the first of them in words."""

    number: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.number += 1
        if len(self.first) < _SHOWN:
            place = "the fleet" if finding.host == FLEET else finding.host
            self.first.append(f"{finding.check} on {place}")

    def __str__(self) -> str:
        more = f" and {self.number - _SHOWN} more" if self.number > _SHOWN else ""
        return ", ".join(self.first) + more


@dataclass(slots=True)
class _Worth:
    """What one waiver came to: how much it covers, whether that needs it, and what it names that none covers."""

    covers: int = 0
    is_used: bool = False
    uncovered: dict[Standing, _Places] = field(default_factory=dict)

    def add(self, claim: Claim, counting: Waiver | None) -> None:
        covers = claim.standing is Standing.COVERS
        self.covers += covers
        self.is_used = self.is_used or covers or counting is None
        if counting is None:
            self.uncovered.setdefault(claim.standing, _Places()).add(claim.finding)


@dataclass(slots=True)
class _Tally:
    """What the notes are made from, taken in one pass through the findings.

    `judged` has the servers of each policy, `numbers` its findings; `shared` what several waivers cover, by their ids,
    that of the one that counts first.
    """

    judged: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    worth: dict[str, _Worth] = field(default_factory=dict)
    shared: dict[tuple[str, ...], _Places] = field(default_factory=dict)

    def add(self, claims: Sequence[Claim]) -> None:
        """Count the claims on one finding."""
        counting = _counting(claims)
        for claim in claims:
            self.worth.setdefault(claim.waiver.id, _Worth()).add(claim, counting)
        covering = [claim.waiver.id for claim in claims if claim.standing is Standing.COVERS]
        if counting is not None and len(covering) > 1:
            others = [each for each in covering if each != counting.id]
            self.shared.setdefault((counting.id, *others), _Places()).add(claims[0].finding)

    def overlapping(self) -> Iterator[str]:
        for (counting, *others), places in self.shared.items():
            yield f"{', '.join((counting, *others))} waive the same, {counting} expires last: {places}"


def _tally(findings: Iterable[Finding], claims_on: Callable[[Finding], Sequence[Claim]]) -> _Tally:
    tally = _Tally()
    for finding in findings:
        tally.judged.setdefault(finding.policy, set()).add(finding.host)
        tally.numbers[finding.policy] = tally.numbers.get(finding.policy, 0) + 1
        if claims := claims_on(finding):
            tally.add(claims)
    return tally


@dataclass(frozen=True, kw_only=True, slots=True)
class _Notes:
    """What is to be said of the waivers whose policies were judged."""

    waivers: Sequence[Waiver]
    tally: _Tally
    groups: Mapping[str, Sequence[str]]
    now: datetime

    def expired(self) -> Iterator[str]:
        for waiver in self.waivers:
            if uncovered := self._worth(waiver).uncovered.get(Standing.EXPIRED):
                yield f"{_name(waiver)} expired {_end(waiver)}, so this counts in full: {uncovered}"

    def expiring(self, soon: timedelta) -> Iterator[str]:
        for waiver in self.waivers:
            if self.now < end_of(waiver) <= self.now + soon:
                yield f"{_name(waiver)} expires {_end(waiver)}"

    def not_covered(self) -> Iterator[str]:
        for waiver in self.waivers:
            uncovered = {} if self._is_expired(waiver) else self._worth(waiver).uncovered
            if unknown := uncovered.get(Standing.NOT_KNOWN):
                yield f"{_name(waiver)} cannot waive what is not known: {unknown}"
            if other := uncovered.get(Standing.OTHER_VALUE):
                yield f"{_name(waiver)} accepts another value than is found now: {other}"

    def unused(self) -> Iterator[str]:
        for waiver in self.waivers:
            if self._worth(waiver).is_used:
                continue
            expired = f" expired {_end(waiver)} and" if self._is_expired(waiver) else ""
            if any(names_host(waiver, host, self.groups) for host in self.tally.judged[waiver.policy]):
                reason = "is not needed: nothing that it names deviates unwaived; remove it"
            else:
                reason = f"means no server that was judged by {waiver.policy}; look at its hosts and groups"
            yield f"{_name(waiver)}{expired} {reason}"

    def broad(self) -> Iterator[str]:
        for waiver in self.waivers:
            covered, planned = self._worth(waiver).covers, self.tally.numbers[waiver.policy]
            whole = f"of {waiver.policy}; name the checks and servers that are meant"
            if not waiver.hosts and not waiver.groups and any(not pattern.strip("*") for pattern in waiver.checks):
                yield f"{_name(waiver)} names every check on every server {whole}"
            elif covered > 1 and covered * 2 > planned:
                yield f"{_name(waiver)} waives {covered} of the {planned} findings {whole}"

    def _worth(self, waiver: Waiver) -> _Worth:
        return self.tally.worth.get(waiver.id, _Worth())

    def _is_expired(self, waiver: Waiver) -> bool:
        return self.now >= end_of(waiver)


def _name(waiver: Waiver) -> str:
    ticket = f", {waiver.ticket}" if waiver.ticket else ""
    return f"{waiver.id} ({waiver.owner}{ticket})"


def _end(waiver: Waiver) -> str:
    return f"at the end of {waiver.expires} ({waiver.zone})"
