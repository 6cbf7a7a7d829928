"""Findings as SARIF results: kind and level say the verdict, suppressions the waiver, baseline states the drift.

Two sorts are kept apart, in files of their own: what is not as it should be or not known, waived or not, and what is
settled: what passes, what does not apply, and what is gone since the run compared with. A reader that takes every
result for a problem, whatever its kind (GitHub's code scanning does), is to be given the first alone.
"""

from collections.abc import Mapping
from typing import Any

from auditor.formats.sarif_text import message, name, place, said
from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import FLEET, Finding, Verdict, identity, identity_of
from auditor.model.run import JudgedCheck
from auditor.model.waiver import WaiverMark

FINGERPRINT = "auditor/v1"
"""The same for a check on a server in every run; what is settled is another result than what is to be looked at."""
_GITHUBS = "primaryLocationLineHash"
"""The one fingerprint that GitHub looks at; it is of the line unless given, and all servers share a check's line."""

_KINDS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("pass", "none"),
    Verdict.WARN: ("fail", "warning"),
    Verdict.FAIL: ("fail", "error"),
    Verdict.ERROR: ("open", "none"),
    Verdict.NOT_APPLICABLE: ("notApplicable", "none"),
}


def is_settled(verdict: Verdict) -> bool:
    """Tell whether there is nothing to be done about it."""
    return verdict is Verdict.PASS or verdict is Verdict.NOT_APPLICABLE


def result_of(
    finding: Finding, file: str, check: JudgedCheck | None, change: Change | None, state: str
) -> dict[str, Any]:
    """Return the result of a finding, without its rule.

    `file` is a URI reference to the policy; `state` is its baseline state, empty where no run was compared.
    """
    kind, level = _KINDS[finding.verdict]
    return (
        {"kind": kind, "level": level, "message": message(*_told(finding))}
        | _where(finding.host, file, check)
        | _fingerprints(f"{identity(finding)}/settled" if is_settled(finding.verdict) else identity(finding))
        | ({"baselineState": state} if state else {})
        | {"suppressions": [_suppression(finding.waiver)] if finding.waiver else []}
        | _since(change)
        | {"properties": _properties(finding, change)}
    )


def absent_result(change: Change, file: str, check: JudgedCheck | None) -> dict[str, Any]:
    """Return the result of what is gone (`is_gone`): as it was in the run compared with, and why it is gone."""
    before = change.before
    assert before is not None
    kind, level = _KINDS[before.verdict]
    about = {"server": name(change.host), "found": said(before.actual), "drift": _drift(change)}
    return (
        {"kind": kind, "level": level, "message": message(f"{place(change.host)}: {change.text}")}
        | _where(change.host, file, check)
        | _fingerprints(identity_of(change.host, change.policy, change.check))
        | {"baselineState": "absent", "suppressions": [], "properties": about}
    )


def state_of(finding: Finding, change: Change | None, *, is_new_server: bool) -> str:
    """Return the baseline state: new is what was of the other sort, or not judged, in the run compared with."""
    if change is None:
        return "new" if is_new_server else "unchanged"
    if change.before is None or is_settled(change.before.verdict) is not is_settled(finding.verdict):
        return "new"
    is_same = change.before == change.after and change.kind is not ChangeKind.WAIVER_CHANGED
    return "unchanged" if is_same else "updated"


def is_gone(change: Change) -> bool:
    """Tell whether something needed looking at in the run compared with, and does no more."""
    before, after = change.before, change.after
    if not change.check or before is None or is_settled(before.verdict):
        return False
    return after is None or is_settled(after.verdict)


def _told(finding: Finding) -> tuple[str, ...]:
    is_expected = finding.expected and finding.verdict is not Verdict.NOT_APPLICABLE
    expected = f"Expected: {finding.expected}" if is_expected else ""
    found = f"Found: {finding.actual}" if finding.actual else ""
    return f"{place(finding.host)}: {_why(finding)}", expected, found


def _why(finding: Finding) -> str:
    match finding.verdict:
        case Verdict.PASS:
            return "as expected"
        case Verdict.NOT_APPLICABLE:
            return f"not applicable: {finding.reason}"
        case Verdict.ERROR:
            return f"not known: {finding.reason}"
        case Verdict.WARN | Verdict.FAIL:
            return finding.reason or finding.title


def _where(host: str, file: str, check: JudgedCheck | None) -> dict[str, Any]:
    """Return the check's line in its policy, and the server; GitHub refuses a result without a file and a line."""
    line = check.line if check and check.line > 0 else 1
    server = {"name": place(host), "fullyQualifiedName": name(host), "kind": "fleet" if host == FLEET else "server"}
    physical = {"artifactLocation": {"uri": file}, "region": {"startLine": line}}
    return {"locations": [{"physicalLocation": physical, "logicalLocations": [server]}]}


def _fingerprints(named: str) -> dict[str, Any]:
    return {"partialFingerprints": {FINGERPRINT: named, _GITHUBS: f"{named}:1"}}


def _suppression(mark: WaiverMark) -> dict[str, Any]:
    ticket = f", {mark.ticket}" if mark.ticket else ""
    why = f"Waived until {mark.expires} by {mark.owner} ({mark.id}{ticket}): {mark.reason}"
    told = {"waiver": mark.id, "owner": mark.owner, "ticket": mark.ticket, "until": mark.expires}
    return {
        "kind": "external",
        "status": "accepted",
        "justification": said(why),
        "properties": {label: name(part) for label, part in told.items() if part},
    }


def _since(change: Change | None) -> dict[str, Any]:
    """Return since when it deviates, as far as the runs compared tell."""
    is_known = change is not None and change.since and change.after and not is_settled(change.after.verdict)
    return {"provenance": {"firstDetectionTimeUtc": change.since}} if change and is_known else {}


def _properties(finding: Finding, change: Change | None) -> dict[str, Any]:
    return {
        "server": name(finding.host),
        "severity": finding.severity.value,
        "verdict": finding.verdict.value,
        "reference": said(finding.reference),
        "questions": [said(question) for question in finding.questions],
    } | ({"drift": _drift(change)} if change else {})


def _drift(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "causes": [cause.value for cause in change.causes],
        "since": name(change.since),
        "text": said(change.text),
    }
