"""How a finding stands in the words of OCSF 1.5.0: what happened to it, its status, the check's status."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from auditor.formats.changed import Key, counts_as_new
from auditor.model import policy
from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import Finding, Verdict, order

STATUS: Mapping[str, int] = MappingProxyType({"New": 1, "Suppressed": 3, "Resolved": 4, "Other": 99})
OPEN = (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)
"""What someone must look at: what deviates, and what is not known."""


class Activity(IntEnum):
    """What happened to a finding (`activity_id`)."""

    CREATE = 1
    UPDATE = 2
    CLOSE = 3


class Severity(IntEnum):
    """How bad it is (`severity_id`)."""

    UNKNOWN = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


SEVERITY: Mapping[policy.Severity, Severity] = MappingProxyType(
    {
        policy.Severity.CRITICAL: Severity.CRITICAL,
        policy.Severity.HIGH: Severity.HIGH,
        policy.Severity.MEDIUM: Severity.MEDIUM,
        policy.Severity.LOW: Severity.LOW,
        policy.Severity.INFO: Severity.INFORMATIONAL,
    }
)


def activity_of(finding: Finding, changes: Mapping[Key, Change]) -> Activity:
    """Return what happened since the run compared with: closed is what was open and is not any more."""
    change = changes.get(order(finding))
    if change and change.kind is ChangeKind.NEW_CHECK:
        return Activity.CREATE
    if finding.verdict in OPEN:
        return Activity.CREATE if counts_as_new(finding, changes) else Activity.UPDATE
    before = change.before if change else None
    return Activity.CLOSE if before and before.verdict in OPEN else Activity.UPDATE


def status_of(finding: Finding, activity: Activity) -> tuple[int, str]:
    """Return `status_id` and `status`: a word of the standard, or with Other a word of ours."""
    if finding.waiver is not None:
        return STATUS["Suppressed"], "Suppressed"
    if activity is Activity.CLOSE:
        return STATUS["Resolved"], "Resolved"
    if finding.verdict in OPEN and activity is Activity.CREATE:
        return STATUS["New"], "New"
    words = {Verdict.PASS: "Compliant", Verdict.NOT_APPLICABLE: "Not Applicable", Verdict.ERROR: "Not Known"}
    return STATUS["Other"], words.get(finding.verdict, "Deviating")


def compliance_status(verdict: Verdict) -> tuple[int, str]:
    """Return `compliance.status_id` and `compliance.status`; see `auditor.formats.ocsf_event` for the warning."""
    match verdict:
        case Verdict.PASS:
            return 1, "Pass"
        case Verdict.WARN | Verdict.FAIL:
            return 3, "Fail"
        case Verdict.ERROR:
            return 0, "Unknown"
        case Verdict.NOT_APPLICABLE:
            return 99, "Not Applicable"
