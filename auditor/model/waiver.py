"""A waiver: an accepted deviation. It changes how a finding counts, never what it says."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """One accepted deviation, as written.

    `checks` and `hosts` are names or patterns with `*` and `?`, `groups` names; hosts and groups add up, both empty
    means every server. `expires` is an ISO date, which means the end of that day in `zone` (IANA name). `accepted`
    is what was found when it was accepted, or its fingerprint; empty accepts whatever is found.
    """

    id: str
    policy: str
    checks: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    owner: str
    reason: str
    ticket: str = ""
    expires: str
    zone: str = "UTC"
    accepted: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class WaiverMark:
    """What a waived finding tells of its waiver."""

    id: str
    owner: str
    reason: str
    ticket: str
    expires: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WaiverNotes:
    """What is to be said of the waivers themselves, in sentences.

    `not_covered` is what a waiver names but cannot waive: what is not known, and another value than was accepted.
    """

    expired: tuple[str, ...] = ()
    expiring: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    overlapping: tuple[str, ...] = ()
    broad: tuple[str, ...] = ()
