"""A finding: one check on one server (or on the fleet): verdict, expected, actual, reason, questions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import islice, pairwise
from typing import overload

from auditor.model.policy import Level, Severity
from auditor.model.waiver import WaiverMark

FLEET = "*"
"""The `host` of a finding about the fleet as a whole."""


class Verdict(StrEnum):
    """What is concluded; `error` means not known."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One check on one server; no time and no version in it, so that findings compare equal across runs."""

    host: str
    policy: str
    check: str
    title: str
    level: Level
    severity: Severity
    verdict: Verdict
    expected: str
    actual: str
    reason: str
    reference: str
    remediation: str
    questions: tuple[str, ...] = ()
    waiver: WaiverMark | None = None


def fingerprint(finding: Finding) -> str:
    """Return a short name of what was found; the same findings have the same, another value has another."""
    return "sha256:" + sha256(finding.actual.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Standing(StrEnum):
    """How a finding counts: by its verdict, or as waived."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


def standing(finding: Finding) -> Standing:
    """Return how the finding counts; every report counts in this way."""
    return Standing.WAIVED if finding.waiver is not None else Standing(finding.verdict.value)


def identity(finding: Finding) -> str:
    """Return a name that the same check on the same server has in every run: 32 hex digits."""
    return identity_of(*order(finding))


def identity_of(host: str, policy: str, check: str) -> str:
    """Return the `identity` of what is known only by server, policy and check."""
    named = f"{policy}\0{check}\0{host}"
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def order(finding: Finding) -> tuple[str, str, str]:
    """Return the sort key of every report: host, policy, check."""
    return finding.host, finding.policy, finding.check


class Findings(Sequence[Finding]):
    """Findings in the order of every report that nobody holds: `begin` makes them anew each time one goes through them.

    They are equal to any sequence of equal findings. Taking one by its place goes through those before it.
    """

    def __init__(self, begin: Callable[[], Iterator[Finding]], length: int) -> None:
        self._begin = begin
        self._length = length

    def __iter__(self) -> Iterator[Finding]:
        return self._begin()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Finding]: ...
    def __getitem__(self, place: int | slice) -> Finding | Sequence[Finding]:
        if isinstance(place, slice):
            return tuple(self)[place]
        number = range(self._length)[place]
        return next(islice(self, number, None))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as of every sequence that nobody holds still

    def __repr__(self) -> str:
        return f"<{self._length} findings>"

    def each(self, change: Callable[[Finding], Finding]) -> "Findings":
        """Return the findings as `change` makes them each time; it keeps host, policy and check."""
        return Findings(lambda: map(change, self), self._length)


def in_order(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings in the order of every report; what stands in it is returned as it is, however long."""
    if isinstance(findings, Findings) or all(one <= other for one, other in pairwise(map(order, findings))):
        return findings
    return sorted(findings, key=order)
