"""A finding -> an OCSF 1.5.0 Compliance Finding (class 2003), as plain data.

`compliance.status_id` is Pass, Fail, Unknown for what is not known and Other for what does not apply. The standard's
Warning means a check "did not yield a result due to missing information"; our warning is a deviation, so it is a Fail
that `status_code` (the verdict) tells from others. What a check does not deviate in needs no action, so its severity is
Informational; how bad a deviation would be stands with the check (`compliance.checks`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from auditor.formats.changed import Key
from auditor.formats.ocsf_state import (
    OPEN,
    SEVERITY,
    STATUS,
    Activity,
    Severity,
    activity_of,
    compliance_status,
    status_of,
)
from auditor.formats.sources import CheckKey, source_text
from auditor.formats.told import AnswerState, answered, because, line, server_name, summary, told, waiver_text
from auditor.model.answer import Answer
from auditor.model.drift import Change
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, identity, order
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run

NOT_REACHED = "not_reached"
"""The `compliance.status_code` of the line that says that a server was not reached; it is of no check."""

_VERSION = "1.5.0"
_CATEGORY = 2
_CLASS = 2003
_RULE = 1  # analytic.type_id
_SERVER = 1  # device.type_id
_WINDOWS = 100  # os.type_id
_HOSTNAME = 1  # observable.type_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Fresh:
    """The servers that were not in the run compared with, and those that were reached in it and are not now."""

    servers: Collection[str]
    silent: Collection[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Events:
    """What the events of a run have in common."""

    run: Run
    hosts: Mapping[str, Host]
    policies: Mapping[str, JudgedPolicy]
    checks: Mapping[CheckKey, JudgedCheck]
    changes: Mapping[Key, Change]
    fresh: Fresh

    def finding(self, finding: Finding, answers: Mapping[str, Answer]) -> dict[str, Any]:
        """Return the event of a finding."""
        change = self.changes.get(order(finding))
        is_first = self.run.compared is None or finding.host in self.fresh.servers
        activity = Activity.CREATE if is_first else activity_of(finding, self.changes)
        status_id, status = status_of(finding, activity)
        event = self._event(finding.host, identity(finding), activity) | {
            **_severity(SEVERITY[finding.severity] if finding.verdict in OPEN else Severity.INFORMATIONAL),
            "status_id": status_id,
            "status": status,
            "status_detail": told(because(finding)),
            "message": f"{server_name(finding.host)}: {line(finding.title)}: {told(summary(finding))}",
            "finding_info": self._info(finding, change),
            "compliance": self._compliance(finding),
            "unmapped": _unmapped(finding, change, self.run),
        }
        known = (each for each in answered(finding, answers) if each.state is not AnswerState.NOT_ASKED)
        evidence = [{"data": {"question": each.question, "state": each.state, "answer": each.said}} for each in known]
        return event | _filled(
            evidences=evidence,
            remediation=self._remediation(finding),
            comment=told(waiver_text(finding.waiver)) if finding.waiver else "",
        )

    def not_reached(self, host: Host) -> dict[str, Any]:
        """Return the event that says that a server was not reached."""
        name, said = server_name(host.name), told(host.reason) or "no reason given"
        uid = sha256(f"\0\0{host.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        is_new = self.run.compared is None or host.name in self.fresh.servers or host.name in self.fresh.silent
        status = "New" if is_new else "Other"
        return self._event(host.name, uid, Activity.CREATE if is_new else Activity.UPDATE) | {
            **_severity(Severity.UNKNOWN),
            "status_id": STATUS[status],
            "status": status if is_new else "Not Known",
            "status_detail": said,
            "message": f"{name}: NOT REACHED: {said}",
            "finding_info": {"uid": uid, "title": f"{name} is reached", "types": ["coverage"]},
            "compliance": {
                "control": "auditor: every server of the run is reached",
                "status_id": 0,
                "status": "Unknown",
                "status_code": NOT_REACHED,
                "status_details": [said],
            },
            "unmapped": {"run": told(self.run.id)},
        }

    def _event(self, host: str, uid: str, activity: Activity) -> dict[str, Any]:
        return {
            "metadata": {
                "version": _VERSION,
                "product": {"name": "auditor", "vendor_name": "auditor", "version": line(self.run.version)},
                "profiles": [] if host == FLEET else ["host"],
                "uid": f"{line(self.run.id)}-{uid}",
                "correlation_uid": line(self.run.id),
            },
            "category_uid": _CATEGORY,
            "category_name": "Findings",
            "class_uid": _CLASS,
            "class_name": "Compliance Finding",
            "activity_id": int(activity),
            "activity_name": activity.name.capitalize(),
            "type_uid": _CLASS * 100 + activity,
            "type_name": f"Compliance Finding: {activity.name.capitalize()}",
            "time": _milliseconds(self.run.finished),
            "start_time": _milliseconds(self.run.started),
            "end_time": _milliseconds(self.run.finished),
            **self._where(host),
        }

    def _where(self, host: str) -> dict[str, Any]:
        name = server_name(host)
        if host == FLEET:
            return {"resources": [{"uid": FLEET, "name": name, "type": "fleet"}]}
        return {
            "resources": [{"uid": name, "name": name, "type": "server"}],
            "device": {"type_id": _SERVER, "type": "Server", "name": name, "hostname": name}
            | (_device(self.hosts[host]) if host in self.hosts else {}),
            "observables": [{"name": "device.hostname", "type_id": _HOSTNAME, "type": "Hostname", "value": name}],
        }

    def _info(self, finding: Finding, change: Change | None) -> dict[str, Any]:
        policy = self.policies.get(finding.policy)
        since = _milliseconds(change.since) if change and change.since and finding.verdict in OPEN else None
        rule = {
            "type_id": _RULE,
            "type": "Rule",
            "uid": told(f"{finding.policy}/{finding.check}"),
            "name": line(finding.title),
        }
        return {
            "uid": identity(finding),
            "title": line(finding.title),
            "types": ["compliance"],
            "analytic": rule | _filled(version=line(policy.version) if policy else ""),
        } | _filled(
            desc=self._rationale(finding),
            data_sources=[told(each) for each in finding.questions],
            src_url=told(policy.source.link) if policy else "",
            first_seen_time=since,
        )

    def _compliance(self, finding: Finding) -> dict[str, Any]:
        check, policy = self.checks.get((finding.policy, finding.check)), self.policies.get(finding.policy)
        document = told(source_text(policy.source)) if policy else ""
        mappings = check.mappings if check else {}
        status_id, status = compliance_status(finding.verdict)
        judged = {"status_id": status_id, "status": status}
        asked = {"uid": told(finding.check), "name": line(finding.title), "desc": told(finding.expected)}
        return {
            "control": told(f"{finding.policy}: {finding.check}"),
            "standards": [each for each in (document, *map(told, sorted(mappings))) if each],
            "requirements": [
                told(f"{document}: {finding.reference}" if document else finding.reference),
                *(told(f"{name}: {each}") for name in sorted(mappings) for each in mappings[name]),
            ],
            "checks": [asked | judged | _severity(SEVERITY[finding.severity])],
            **judged,
            "status_code": finding.verdict.value,
            "status_details": [told(each) for each in (finding.reason, finding.actual) if each],
        } | _filled(desc=self._rationale(finding))

    def _rationale(self, finding: Finding) -> str:
        check = self.checks.get((finding.policy, finding.check))
        return told(check.rationale) if check else ""

    def _remediation(self, finding: Finding) -> dict[str, Any]:
        if not finding.remediation:
            return {}
        policy = self.policies.get(finding.policy)
        source = told(f"{source_text(policy.source)}: {finding.reference}") if policy else ""
        return {"desc": told(finding.remediation)} | _filled(references=[source] if source else [])


def _device(host: Host) -> dict[str, Any]:
    system = host.platform.get("os", "")
    said = told(f"{host.status}: {host.reason}") if host.status is not Status.REACHED else ""
    return _filled(
        desc=said,
        groups=[{"name": told(each) or "-"} for each in host.groups],
        os={"name": "Windows", "type": "Windows", "type_id": _WINDOWS, "version": told(system)} if system else {},
    )


def _unmapped(finding: Finding, change: Change | None, run: Run) -> dict[str, Any]:
    """Return what the class has no place for."""
    waiver = finding.waiver
    return {
        "run": told(run.id),
        "level": finding.level.value,
        "expected": told(finding.expected),
        "found": told(finding.actual),
    } | _filled(
        waiver={name: told(str(getattr(waiver, name))) for name in ("id", "owner", "reason", "ticket", "expires")}
        if waiver
        else {},
        change={"kind": change.kind.value, "causes": [each.value for each in change.causes], "text": told(change.text)}
        if change
        else {},
    )


def _severity(severity: Severity) -> dict[str, Any]:
    return {"severity_id": int(severity), "severity": severity.name.capitalize()}


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _filled(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}
