"""A finding -> what OSCAL tells of it: an observation, a finding if the check applies, a risk if it deviates.

An objective is `satisfied` or `not-satisfied` and nothing else. What passes is satisfied (`reason` pass), what deviates
is not (fail; the property `verdict` tells a warning), and what is not known is not either (other): NIST SP 800-53A
Rev. 5, section 3.3, counts as other than satisfied what could not be determined. What does not apply is observed,
without a finding. What is waived is not satisfied, and its risk is `deviation-approved`, with the waiver's end as the
deadline.

A finding is about one server, so that each can have its own risk and waiver; a check has as many as there are servers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from auditor.formats.changed import Key
from auditor.formats.oscal_defined import REACHED, TOOL, control_of, objective_id, subject_of
from auditor.formats.oscal_parts import NAMESPACE, Part, filled, prop, uuid
from auditor.formats.sources import CheckKey
from auditor.formats.told import because, change_text, evidence_lines, line, parts_text, server_name, told, waiver_text
from auditor.model.answer import Answer
from auditor.model.drift import Change, deviates
from auditor.model.finding import Finding, Verdict, fingerprint, identity, order, standing
from auditor.model.run import Host, JudgedCheck, Run
from auditor.model.waiver import WaiverMark

_ORIGINS = [{"actors": [{"type": "tool", "actor-uuid": TOOL}]}]
_TARGET: Mapping[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("satisfied", "pass"),
    Verdict.WARN: ("not-satisfied", "fail"),
    Verdict.FAIL: ("not-satisfied", "fail"),
    Verdict.ERROR: ("not-satisfied", "other"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the findings of a run have in common."""

    run: Run
    checks: Mapping[CheckKey, JudgedCheck]
    changes: Mapping[Key, Change]

    def observation(self, finding: Finding, answers: Mapping[str, Answer]) -> Part:
        """Return what was seen."""
        change = self.changes.get(order(finding))
        evidence = [
            {"description": question} | filled(remarks=said) for question, said in evidence_lines(finding, answers)
        ]
        return {
            "uuid": self._observation_uuid(finding),
            "title": line(finding.title),
            "description": parts_text(finding) or "nothing was found",
            "props": [*_props(finding), *_check_props(finding), *_change_props(change)],
            "methods": ["TEST"],
            "types": ["control-objective"],
            "origins": _ORIGINS,
            "subjects": [subject_of(finding.host)],
            **filled(relevant_evidence=evidence),
            "collected": self.run.started,
            **filled(remarks=told(change_text(change))),
        }

    def finding(self, finding: Finding) -> Iterator[Part]:
        """Yield the finding; nothing for a check that does not apply."""
        if finding.verdict is Verdict.NOT_APPLICABLE:
            return
        state, reason = _TARGET[finding.verdict]
        status = {"state": state, "reason": reason} | filled(remarks=_status_remarks(finding))
        risks = [{"risk-uuid": _risk_uuid(finding)}] if deviates(finding.verdict) else []
        yield {
            "uuid": uuid(self.run.id, "finding", identity(finding)),
            "title": line(f"{finding.title}: {server_name(finding.host)}"),
            "description": told(because(finding)),
            "props": _props(finding),
            "origins": _ORIGINS,
            "target": {"type": "objective-id", "target-id": objective_id(control_of(finding)), "status": status},
            "related-observations": [{"observation-uuid": self._observation_uuid(finding)}],
            **filled(related_risks=risks),
        }

    def risk(self, finding: Finding) -> Iterator[Part]:
        """Yield the risk of a deviation; it has the same UUID in every run, so that it can be followed."""
        if not deviates(finding.verdict):
            return
        check, mark = self.checks.get((finding.policy, finding.check)), finding.waiver
        facet = {"name": "severity", "system": NAMESPACE, "value": finding.severity.value}
        yield {
            "uuid": _risk_uuid(finding),
            "title": line(f"{finding.title}: {server_name(finding.host)}"),
            "description": told(check.rationale if check else "") or line(finding.title),
            "statement": told(because(finding)),
            "props": [*_props(finding), *(_waiver_props(mark) if mark else [])],
            "status": "deviation-approved" if mark else "open",
            "origins": _ORIGINS,
            "characterizations": [{"origin": _ORIGINS[0], "facets": [facet]}],
            **filled(deadline=_end_of(mark.expires) if mark else "", remediations=_remediations(finding)),
            "related-observations": [{"observation-uuid": self._observation_uuid(finding)}],
        }

    def not_reached(self, host: Host) -> tuple[Part, Part]:
        """Return the observation and the finding that say that a server was not reached."""
        name, said = server_name(host.name), told(host.reason) or "no reason given"
        about = {"title": line(f"{name} was not reached"), "description": said, "props": prop("verdict", "not-reached")}
        seen = uuid(self.run.id, "observation", "server", host.name)
        status = {"state": "not-satisfied", "reason": "other", "remarks": said}
        observed = {
            "uuid": seen,
            **about,
            "methods": ["TEST"],
            "types": ["control-objective"],
            "origins": _ORIGINS,
            "subjects": [subject_of(host.name)],
            "collected": self.run.started,
        }
        found = {
            "uuid": uuid(self.run.id, "finding", "server", host.name),
            **about,
            "origins": _ORIGINS,
            "target": {"type": "objective-id", "target-id": objective_id(REACHED), "status": status},
            "related-observations": [{"observation-uuid": seen}],
        }
        return observed, found

    def _observation_uuid(self, finding: Finding) -> str:
        return uuid(self.run.id, "observation", identity(finding))


def _props(finding: Finding) -> list[Part]:
    return [*prop("verdict", finding.verdict.value), *prop("standing", standing(finding).value)]


def _check_props(finding: Finding) -> list[Part]:
    return [
        *prop("policy", finding.policy),
        *prop("check", finding.check),
        *prop("severity", finding.severity.value),
        *prop("level", finding.level.value),
        *prop("found", fingerprint(finding)),
    ]


def _change_props(change: Change | None) -> list[Part]:
    if change is None:
        return []
    causes = ", ".join(cause.value for cause in change.causes)
    return [*prop("change", change.kind.value), *prop("cause", causes), *prop("since", change.since)]


def _status_remarks(finding: Finding) -> str:
    if finding.waiver:
        return told(waiver_text(finding.waiver))
    words = {Verdict.WARN: "a warning", Verdict.ERROR: "not known: the objective could not be tested"}
    return words.get(finding.verdict, "")


def _waiver_props(mark: WaiverMark) -> list[Part]:
    return [
        *prop("waiver", mark.id, remarks=mark.reason),
        *prop("waiver-owner", mark.owner),
        *prop("waiver-ticket", mark.ticket),
        *prop("waiver-expires", mark.expires, remarks="the end of this day, where the waiver says"),
    ]


def _end_of(day: str) -> str:
    """Return the end of an ISO date, which a deadline must have with a zone; empty for what is none."""
    try:
        return f"{date.fromisoformat(day).isoformat()}T23:59:59Z"
    except ValueError:
        return ""


def _remediations(finding: Finding) -> list[Part]:
    if not finding.remediation:
        return []
    response = {
        "uuid": uuid("response", identity(finding)),
        "lifecycle": "recommendation",
        "title": line(f"What to do: {finding.title}"),
        "description": told(finding.remediation),
    }
    return [response]


def _risk_uuid(finding: Finding) -> str:
    return uuid("risk", identity(finding))
