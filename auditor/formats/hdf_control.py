"""A finding -> a control of the Heimdall Data Format, with the one result it has.

How a reader concludes (inspecjs, `compat_inspec_1_0`): a result in error is a profile error; then what is waived by
`skipped_due_to_waiver`, or has impact 0, is not applicable; then failed before passed. There is no warning: it is a
deviation, so it failed, and its tag `verdict` and its message tell it from others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.formats.changed import Key
from auditor.formats.sources import CheckKey, source_text
from auditor.formats.told import change_text, evidence_text, line, named_severity, server_name, summary, told
from auditor.formats.told import waiver_text as waived
from auditor.model.answer import Answer
from auditor.model.drift import Change
from auditor.model.finding import Finding, Verdict, order, standing
from auditor.model.policy import Severity
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark

NOT_REACHED = "not_reached"
"""The tag `verdict` of the control that says that a server was not reached; it is of no check."""

_STATUS: Mapping[Verdict, str] = {
    Verdict.PASS: "passed",
    Verdict.WARN: "failed",
    Verdict.FAIL: "failed",
    Verdict.ERROR: "error",
    Verdict.NOT_APPLICABLE: "skipped",
}
_IMPACT: Mapping[Severity, float] = {
    Severity.CRITICAL: 1.0,
    Severity.HIGH: 0.7,
    Severity.MEDIUM: 0.5,
    Severity.LOW: 0.3,
    Severity.INFO: 0.1,  # 0 would say that it is not applicable
}
_NIST = "NIST SP 800-53"
_REVISION = re.compile(r"Rev\. ?([0-9]+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What the controls of one policy on one server have in common."""

    run: Run
    policy: JudgedPolicy | None
    checks: Mapping[CheckKey, JudgedCheck]
    changes: Mapping[Key, Change]
    answers: Mapping[str, Answer]
    server: str


def control(finding: Finding, about: About) -> dict[str, Any]:
    """Return the control of a finding."""
    check = about.checks.get((finding.policy, finding.check))
    applies = finding.verdict is not Verdict.NOT_APPLICABLE
    rationale = told(check.rationale) if check else ""
    return {
        "id": told(f"{finding.host}/{finding.policy}/{finding.check}"),
        "title": line(finding.title),
        # what does not apply is explained by nothing but the description
        "desc": rationale if applies else told(summary(finding)),
        "descriptions": _descriptions(finding, rationale, about),
        "impact": _IMPACT[finding.severity] if applies else 0.0,
        "refs": _refs(finding, about.policy),
        "tags": _tags(finding, check, about),
        "code": told(f"probe: {check.probe if check else 'not known'}\nexpected: {finding.expected}"),
        "source_location": _location(check, about.policy),
        "results": [_result(finding, about)],
    } | ({"waiver_data": _waiver_data(finding.waiver)} if finding.waiver else {})


def not_reached(host: Host, run: Run) -> dict[str, Any]:
    """Return the control that says that a server was not reached."""
    name, said = server_name(host.name), told(host.reason) or "no reason given"
    result = {"status": "error", "code_desc": f"{name} is reached", "message": said, "start_time": run.started}
    return {
        "id": f"{told(host.name)}/not reached",
        "title": f"{name} is reached",
        "desc": "What cannot be read is not known, and not compliant.",
        "impact": 1.0,
        "refs": [],
        "tags": {"verdict": NOT_REACHED, "severity": "critical", "server": name},
        "code": "",
        "source_location": {},
        "results": [result],
    }


def _descriptions(finding: Finding, rationale: str, about: About) -> list[dict[str, str]]:
    parts = {
        "check": told(finding.expected),
        "fix": told(finding.remediation),
        "rationale": rationale,
        "found": told(finding.actual),
        "reason": told(finding.reason),
        "evidence": evidence_text(finding, about.answers),
        "change": told(change_text(about.changes.get(order(finding)))),
        "waiver": told(waived(finding.waiver)) if finding.waiver else "",
    }
    return [{"label": label, "data": said} for label, said in parts.items() if said]


def _result(finding: Finding, about: About) -> dict[str, Any]:
    said = told(summary(finding))
    result = {
        "status": _STATUS[finding.verdict],
        "code_desc": f"{server_name(finding.host)}: {told(finding.expected) or line(finding.title)}",
        "message": said,
        "start_time": about.run.started,
    }
    return result | ({"skip_message": said} if finding.verdict is Verdict.NOT_APPLICABLE else {})


def _waiver_data(mark: WaiverMark) -> dict[str, Any]:
    return {
        "expiration_date": told(mark.expires),
        "justification": told(mark.reason),
        "message": told(waived(mark)),
        "run": True,
        # the check did run; but readers take nothing for waived without this
        "skipped_due_to_waiver": True,
    }


def _tags(finding: Finding, check: JudgedCheck | None, about: About) -> dict[str, Any]:
    change = about.changes.get(order(finding))
    tags: dict[str, Any] = {
        "verdict": finding.verdict.value,
        "standing": standing(finding).value,
        "severity": named_severity(finding.severity),
        "level": finding.level.value,
        "server": server_name(finding.host),
        "policy": told(finding.policy),
        "check": told(finding.check),
        "reference": told(finding.reference),
    }
    tags |= _mapped(check) if check else {}
    if change:
        tags["change"] = change.kind.value
        tags["since"] = told(change.since)
    return tags


def _mapped(check: JudgedCheck) -> dict[str, Any]:
    """Return what the check answers to; readers know NIST SP 800-53 by the tag `nist`: `SC-8`, `Rev_5`."""
    if not check.mappings:
        return {}
    mapped = {told(name): [told(each) for each in check.mappings[name]] for name in sorted(check.mappings)}
    documents = [name for name in mapped if name.startswith(_NIST)]
    ids = [each for name in documents for each in mapped[name]]
    revisions = [f"Rev_{found[1]}" for name in documents if (found := _REVISION.search(name))]
    return {"answers_to": mapped} | ({"nist": ids + revisions} if ids else {})


def _refs(finding: Finding, policy: JudgedPolicy | None) -> list[dict[str, str]]:
    if policy is None:
        return []
    clause = f"{source_text(policy.source)}: {finding.reference}"
    link = {"url": told(policy.source.link)} if policy.source.link else {}
    return [{"ref": told(clause)} | link]


def _location(check: JudgedCheck | None, policy: JudgedPolicy | None) -> dict[str, Any]:
    return {"ref": told(policy.file), "line": check.line} if check and policy and policy.file else {}
