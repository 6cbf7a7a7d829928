"""A finding -> a rule of a CKLB checklist, with all members that STIG Viewer 3 writes, in its order."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from auditor.formats.escape import visible
from auditor.formats.sources import mapped_text, source_text
from auditor.formats.stig import Book, details, part, rule_id
from auditor.formats.told import named_severity, summary
from auditor.formats.xccdf_rule import ccis, demanded, legacy_ids
from auditor.model.answer import Answer
from auditor.model.finding import Finding, Standing, standing

_STATUSES: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.PASS: "not_a_finding",
        Standing.WARN: "open",
        Standing.FAIL: "open",
        Standing.WAIVED: "open",
        Standing.ERROR: "not_reviewed",
        Standing.NOT_APPLICABLE: "not_applicable",
    }
)


def rule(book: Book, finding: Finding, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the rule of a finding, whose `uuid` and `stig_uuid` are still to be set."""
    check, policy = book.check(finding), book.policies.get(finding.policy)
    return _rule(
        finding.check,
        finding.title,
        severity=_category(finding),
        fix_text=part(finding.remediation),
        check_content=demanded(finding, check),
        check_content_ref={"href": part(policy.file if policy else ""), "name": visible(finding.check)},
        discussion=_discussion(book, finding),
        legacy_ids=[visible(each) for each in legacy_ids(check)],
        ccis=ccis(check),
        status=_STATUSES[standing(finding)],
        comments=_comments(finding),
        finding_details=details(book, finding, answers),
    )


def rule_about(check: str, title: str, said: str) -> dict[str, Any]:
    """Return a rule of no policy, which nobody judges: `said` is about the run or the server as a whole."""
    return _rule(check, title, severity="low", status="not_reviewed", finding_details=said)


def _rule(check: str, title: str, **given: Any) -> dict[str, Any]:
    named, shown = rule_id(check), part(title)
    return {
        "group_id_src": named,
        "group_tree": [{"id": named, "title": shown, "description": ""}],
        "group_id": named,
        "severity": "medium",
        "group_title": shown,
        "rule_id_src": named,
        "rule_id": named,
        "rule_version": visible(check),
        "rule_title": shown,
        "fix_text": "",
        "weight": "10.0",
        "check_content": "",
        "check_content_ref": {"href": "", "name": ""},
        "classification": "Unclassified",
        "discussion": "",
        "false_positives": "",
        "false_negatives": "",
        "documentable": "false",
        "security_override_guidance": "",
        "potential_impacts": "",
        "third_party_tools": "",
        "ia_controls": "",
        "responsibility": "",
        "mitigations": "",
        "mitigation_control": "",
        "legacy_ids": [],
        "ccis": [],
        "reference_identifier": "",
        "uuid": "",
        "stig_uuid": "",
        "status": "not_reviewed",
        "overrides": {},
        "comments": "",
        "finding_details": "",
    } | given


def _category(finding: Finding) -> str:
    """Return category I, II or III: STIG Viewer knows no others."""
    return {"critical": "high"}.get(named := named_severity(finding.severity), named)


def _discussion(book: Book, finding: Finding) -> str:
    """Return why it is demanded, where, and what it answers to: CKLB has no members for sources and mappings."""
    check, source = book.check(finding), book.source(finding)
    where = (source_text(source) if source else "", finding.reference)
    parts = {
        "": check.rationale if check else "",
        "Source: ": ", ".join(said for said in where if said),
        "Answers to: ": mapped_text(check),
    }
    return "\n".join(f"{label}{part(said)}" for label, said in parts.items() if said)


def _comments(finding: Finding) -> str:
    """Return why it is not simply open or not: a warning, waived, not known, not applicable."""
    return "" if standing(finding) in (Standing.PASS, Standing.FAIL) else part(summary(finding))
