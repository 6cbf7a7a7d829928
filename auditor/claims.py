"""Which waiver names which finding, and whether it may waive it: pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, auto
from functools import cache
from zoneinfo import ZoneInfo

from auditor.model.finding import FLEET, Finding, Verdict, fingerprint
from auditor.model.run import Host
from auditor.model.waiver import Waiver
from auditor.patterns import matches_any

_CLAIMED = (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)


class Standing(Enum):
    """What a waiver is worth for a finding that it names."""

    COVERS = auto()
    EXPIRED = auto()
    OTHER_VALUE = auto()
    NOT_KNOWN = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A waiver that names a deviation, or a check that is not known."""

    waiver: Waiver
    finding: Finding
    standing: Standing


def claiming(waivers: Sequence[Waiver], hosts: Iterable[Host], now: datetime) -> Callable[[Finding], tuple[Claim, ...]]:
    """Return what gives the claims on a finding, in the order of the waivers; `now` is aware.

    The groups of a server are those of `hosts`.
    """
    groups = {host.name: host.groups for host in hosts}
    ends = {waiver.id: end_of(waiver) for waiver in waivers}

    @cache
    def about(policy: str, check: str) -> tuple[Waiver, ...]:
        return tuple(each for each in waivers if each.policy == policy and matches_any(each.checks, check))

    @cache
    def meant(host: str) -> frozenset[str]:
        return frozenset(each.id for each in waivers if names_host(each, host, groups))

    def claims_on(finding: Finding) -> tuple[Claim, ...]:
        if finding.verdict not in _CLAIMED:
            return ()
        return tuple(
            Claim(
                waiver=waiver, finding=finding, standing=_standing(waiver, finding, is_expired=now >= ends[waiver.id])
            )
            for waiver in about(finding.policy, finding.check)
            if waiver.id in meant(finding.host)
        )

    return claims_on


def names_host(waiver: Waiver, host: str, groups: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether the waiver means the server, or the fleet; names of servers are the same in upper and lower case."""
    if not waiver.hosts and not waiver.groups:
        return True
    if host == FLEET:
        return FLEET in waiver.hosts
    if not set(waiver.groups).isdisjoint(groups.get(host, ())):
        return True
    return matches_any((pattern.casefold() for pattern in waiver.hosts), host.casefold())


def end_of(waiver: Waiver) -> datetime:
    """Return the moment from which the waiver holds no more: the end of its last day, where its zone is."""
    zone = UTC if waiver.zone == "UTC" else ZoneInfo(waiver.zone)
    return datetime.combine(date.fromisoformat(waiver.expires) + timedelta(days=1), time.min, tzinfo=zone)


def _standing(waiver: Waiver, finding: Finding, *, is_expired: bool) -> Standing:
    if finding.verdict is Verdict.ERROR:
        return Standing.NOT_KNOWN
    if waiver.accepted and waiver.accepted not in (finding.actual, fingerprint(finding)):
        return Standing.OTHER_VALUE
    return Standing.EXPIRED if is_expired else Standing.COVERS
