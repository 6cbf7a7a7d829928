"""A finding: one check on one server (or on the fleet): verdict, expected, actual, reason, questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise

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


def in_order(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return the findings in the order of every report; what stands in it is returned as it is, however long."""
    return (
        findings if all(one <= other for one, other in pairwise(map(order, findings))) else sorted(findings, key=order)
    )
