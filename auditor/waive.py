"""Findings x waivers -> findings, and what is to be said of the waivers: pure.

A waiver marks a deviation and changes nothing else of it. What is not known is never waived.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from auditor.claims import Claim, Standing, claims_on, end_of, names_host
from auditor.model.finding import FLEET, Finding, order
from auditor.model.run import Host
from auditor.model.waiver import Waiver, WaiverMark, WaiverNotes

_SHOWN = 5

Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waived:
    """The findings in their order, marked where a waiver covers them, and the notes on the waivers."""

    findings: tuple[Finding, ...]
    notes: WaiverNotes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Situation:
    """What the notes are made from; `marks` has the waiver that counts by the key of the finding it covers.

    `elsewhere` are the ids of the waivers that mean no server their policy was judged on.
    """

    waivers: tuple[Waiver, ...]
    elsewhere: frozenset[str]
    claims: Mapping[str, Sequence[Claim]]
    marks: Mapping[Key, Waiver]
    now: datetime
    soon: timedelta

    def is_expired(self, waiver: Waiver) -> bool:
        return self.now >= end_of(waiver)

    def uncovered(self, waiver: Waiver, standing: Standing) -> list[Finding]:
        """Return what it claims with this standing and no other waiver covers."""
        claims = (claim for claim in self.claims[waiver.id] if claim.standing is standing)
        return [claim.finding for claim in claims if order(claim.finding) not in self.marks]


def waive(
    findings: Sequence[Finding], waivers: Sequence[Waiver], hosts: Sequence[Host], now: datetime, soon: timedelta
) -> Waived:
    """Mark each failing check and warning that a waiver covers; marks from before are forgotten.

    `hosts` tell the groups of servers. A waiver holds until the end of its last day in its time zone; of several that
    cover a finding, the one that expires last marks it. `now` is aware; expiring within `soon` is noted.
    """
    claims = tuple(claims_on(findings, waivers, hosts, now))
    marks = _marks(claims)
    judged = {finding.policy for finding in findings}
    about = tuple(waiver for waiver in waivers if waiver.policy in judged)
    situation = _Situation(
        waivers=about,
        elsewhere=frozenset(_elsewhere(about, findings, hosts)),
        claims=_by_waiver(waivers, claims),
        marks=marks,
        now=now,
        soon=soon,
    )
    return Waived(
        findings=tuple(_marked(finding, marks.get(order(finding))) for finding in findings),
        notes=WaiverNotes(
            expired=tuple(_expired(situation)),
            expiring=tuple(_expiring(situation)),
            not_covered=tuple(_not_covered(situation)),
            unused=tuple(_unused(situation)),
            overlapping=tuple(_overlapping(claims, marks)),
            broad=tuple(_broad(situation, findings)),
        ),
    )


def _elsewhere(waivers: Iterable[Waiver], findings: Iterable[Finding], hosts: Iterable[Host]) -> Iterator[str]:
    groups = {host.name: host.groups for host in hosts}
    judged: dict[str, set[str]] = {}
    for finding in findings:
        judged.setdefault(finding.policy, set()).add(finding.host)
    for waiver in waivers:
        if not any(names_host(waiver, host, groups) for host in judged[waiver.policy]):
            yield waiver.id


def _by_waiver(waivers: Iterable[Waiver], claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    grouped: dict[str, list[Claim]] = {waiver.id: [] for waiver in waivers}
    for claim in claims:
        grouped[claim.waiver.id].append(claim)
    return grouped


def _marks(claims: Iterable[Claim]) -> dict[Key, Waiver]:
    chosen: dict[Key, Waiver] = {}
    for claim in claims:
        key = order(claim.finding)
        if claim.standing is Standing.COVERS and (key not in chosen or _outlasts(claim.waiver, chosen[key])):
            chosen[key] = claim.waiver
    return chosen


def _outlasts(one: Waiver, other: Waiver) -> bool:
    # of two that end together the first by name, so that the order of the files does not matter
    return (end_of(one), other.id) > (end_of(other), one.id)


def _marked(finding: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None:
        return replace(finding, waiver=None) if finding.waiver else finding
    mark = WaiverMark(
        id=waiver.id, owner=waiver.owner, reason=waiver.reason, ticket=waiver.ticket, expires=waiver.expires
    )
    return replace(finding, waiver=mark)


def _expired(situation: _Situation) -> Iterator[str]:
    for waiver in situation.waivers:
        if uncovered := situation.uncovered(waiver, Standing.EXPIRED):
            yield f"{_name(waiver)} expired {_end(waiver)}, so this counts in full: {_places(uncovered)}"


def _expiring(situation: _Situation) -> Iterator[str]:
    for waiver in situation.waivers:
        if situation.now < end_of(waiver) <= situation.now + situation.soon:
            yield f"{_name(waiver)} expires {_end(waiver)}"


def _not_covered(situation: _Situation) -> Iterator[str]:
    for waiver in situation.waivers:
        if situation.is_expired(waiver):
            continue
        if unknown := situation.uncovered(waiver, Standing.NOT_KNOWN):
            yield f"{_name(waiver)} cannot waive what is not known: {_places(unknown)}"
        if other := situation.uncovered(waiver, Standing.OTHER_VALUE):
            yield f"{_name(waiver)} accepts another value than is found now: {_places(other)}"


def _unused(situation: _Situation) -> Iterator[str]:
    for waiver in situation.waivers:
        claims = situation.claims[waiver.id]
        if not any(
            claim.standing is Standing.COVERS or order(claim.finding) not in situation.marks for claim in claims
        ):
            expired = f" expired {_end(waiver)} and" if situation.is_expired(waiver) else ""
            if waiver.id in situation.elsewhere:
                reason = f"means no server that was judged by {waiver.policy}; look at its hosts and groups"
            else:
                reason = "is not needed: nothing that it names deviates unwaived; remove it"
            yield f"{_name(waiver)}{expired} {reason}"


def _overlapping(claims: Iterable[Claim], marks: Mapping[Key, Waiver]) -> Iterator[str]:
    covering: dict[Key, list[Claim]] = {}
    for claim in claims:
        if claim.standing is Standing.COVERS:
            covering.setdefault(order(claim.finding), []).append(claim)
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for key, several in covering.items():
        if len(several) > 1:
            others = [claim.waiver.id for claim in several if claim.waiver.id != marks[key].id]
            alike.setdefault((marks[key].id, *others), []).append(several[0].finding)
    for (counting, *others), findings in alike.items():
        yield f"{', '.join((counting, *others))} waive the same, {counting} expires last: {_places(findings)}"


def _broad(situation: _Situation, findings: Iterable[Finding]) -> Iterator[str]:
    planned = Counter(finding.policy for finding in findings)
    for waiver in situation.waivers:
        covered = sum(claim.standing is Standing.COVERS for claim in situation.claims[waiver.id])
        whole = f"of {waiver.policy}; name the checks and servers that are meant"
        if not waiver.hosts and not waiver.groups and any(not pattern.strip("*") for pattern in waiver.checks):
            yield f"{_name(waiver)} names every check on every server {whole}"
        elif covered > 1 and covered * 2 > planned[waiver.policy]:
            yield f"{_name(waiver)} waives {covered} of the {planned[waiver.policy]} findings {whole}"


def _name(waiver: Waiver) -> str:
    ticket = f", {waiver.ticket}" if waiver.ticket else ""
    return f"{waiver.id} ({waiver.owner}{ticket})"


def _end(waiver: Waiver) -> str:
    return f"at the end of {waiver.expires} ({waiver.zone})"


def _places(findings: Sequence[Finding]) -> str:
    named = [
        f"{finding.check} on {'the fleet' if finding.host == FLEET else finding.host}" for finding in findings[:_SHOWN]
    ]
    more = f" and {len(findings) - _SHOWN} more" if len(findings) > _SHOWN else ""
    return ", ".join(named) + more
