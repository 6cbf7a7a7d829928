"""A finding: one check on one server (or on the fleet): verdict, expected, actual, reason, questions."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

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


def order(finding: Finding) -> tuple[str, str, str]:
    """Return the sort key of every report: host, policy, check."""
    return finding.host, finding.policy, finding.check
