"""What an OSCAL document of a run defines and its findings refer to: objectives, servers, the auditor, documents.

Each check is a control of its own, with one objective. The controls of other documents that it answers to are named
beside it; a check covers a part of such a control, never the whole, so no finding is about them.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from auditor.formats.oscal_parts import (
    Part,
    control_token,
    filled,
    link,
    prop,
    reference,
    token,
    unique,
    uuid,
    web_link,
)
from auditor.formats.sources import source_text
from auditor.formats.told import FLEET_NAME, line, server_name, told
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run

TOOL = uuid("tool")
PLAN = uuid("plan")
REACHED = "server-reached"
"""The control that every run tests: each server is reached. A check's has a dot in it, or begins with `_`."""


def subject_of(host: str) -> Part:
    """Return a reference to a server, or to the fleet."""
    kind = "component" if host == FLEET else "inventory-item"
    return {"subject-uuid": uuid(kind, host), "type": kind, "title": server_name(host)}


def objective_id(control: str) -> str:
    """Return the id of the one objective of a control."""
    return f"{control}_obj"


def control_of(finding: Finding) -> str:
    """Return the control id of a finding's check."""
    return token(finding.policy, finding.check)


def objectives(run: Run, strays: Iterable[Finding]) -> list[Part]:
    """Return the objectives: that each server is reached, and the checks, also of policies that were not kept."""
    reached = _objective(REACHED, "Every server of the run is reached", "What cannot be read is not known.")
    known = (_of_check(policy, check) for policy in run.policies for check in policy.checks)
    stray = (_objective(control_of(each), each.title, "", remarks=each.remediation) for each in strays)
    return unique(chain([reached], known, stray), by="control-id")


def _of_check(policy: JudgedPolicy, check: JudgedCheck) -> Part:
    mapped = [(name, each) for name in sorted(check.mappings) for each in check.mappings[name]]
    about = [
        *prop("policy", policy.id),
        *prop("check", check.id),
        *prop("severity", check.severity.value),
        *prop("level", check.level.value),
        *prop("scope", check.scope.value),
        *prop("probe", check.probe),
        *prop("line", f"{check.line}" if check.line else ""),
        *(part for name, each in mapped for part in prop("answers-to", each, remarks=name)),
    ]
    documents = sorted(check.mappings)
    links = [
        link(_source_uuid(policy), f"{source_text(policy.source)}: {check.reference}"),
        link(_policy_uuid(policy), f"{policy.title}, version {policy.version}"),
        *(link(uuid("document", name), f"{name}: {', '.join(check.mappings[name])}") for name in documents),
    ]
    control = token(policy.id, check.id)
    return _objective(control, check.title, check.rationale, remarks=check.remediation) | {
        "props": about,
        "links": links,
    }


def _objective(control: str, title: str, rationale: str, *, remarks: str = "") -> Part:
    part = {"id": objective_id(control), "name": "assessment-objective", "title": line(title)}
    return {
        "control-id": control,
        "description": line(title),
        "parts": [part | filled(prose=told(rationale))],
    } | filled(remarks=told(remarks))


def reviewed_controls(run: Run, defined: list[Part]) -> Part:
    """Return which controls were reviewed: the checks, and by document what they answer to."""
    own = {
        "description": "The checks of the policies, each a control of its own; see local-definitions.",
        "include-controls": [{"control-id": each["control-id"]} for each in defined],
    }
    chosen = [{"objective-id": part["id"]} for each in defined for part in each["parts"]]
    return {
        "control-selections": [own, *(_mapped(name, ids) for name, ids in _mapped_ids(run))],
        "control-objective-selections": [{"include-objectives": chosen}],
    }


def _mapped_ids(run: Run) -> Iterator[tuple[str, list[str]]]:
    by_document: dict[str, set[str]] = {}
    for policy in run.policies:
        for check in policy.checks:
            for name, ids in check.mappings.items():
                by_document.setdefault(name, set()).update(ids)
    return ((name, sorted(by_document[name])) for name in sorted(by_document) if by_document[name])


def _mapped(document: str, ids: list[str]) -> Part:
    said = f"What the checks answer to in {document}; a check covers a part of a control, never the whole."
    return {
        "description": told(said),
        "links": [link(uuid("document", document), document)],
        "include-controls": unique(({"control-id": control_token(document, each)} for each in ids), by="control-id"),
    }


def servers(run: Run, strays: Iterable[str]) -> Iterator[Part]:
    """Yield the servers of the run, and those that only findings name."""
    for host in sorted(run.hosts, key=lambda host: host.name):
        yield _server(host.name) | _read(host)
    for name in sorted(strays):
        yield _server(name)


def _server(name: str) -> Part:
    asset = prop("asset-id", server_name(name), ours=False)
    return {"uuid": uuid("inventory-item", name), "description": server_name(name), "props": asset}


def _read(host: Host) -> Part:
    scanned = "no" if host.status is Status.UNREACHABLE else "yes"
    about = [
        *prop("asset-id", server_name(host.name), ours=False),
        *prop("is-scanned", scanned, remarks=host.reason, ours=False),
        *prop("status", host.status.value),
        *(part for group in host.groups for part in prop("group", group)),
        *(part for name in sorted(host.platform) for part in prop("platform", host.platform[name], remarks=name)),
    ]
    return {"props": about} | filled(remarks=told(host.reason))


def components() -> list[Part]:
    """Return what findings about all servers are about."""
    return [
        _component(uuid("component", FLEET), "system", FLEET_NAME, "All servers of the run, compared with each other.")
    ]


def assessment_assets(run: Run) -> Part:
    """Return the auditor itself."""
    tool = _component(TOOL, "software", "auditor", "Reads servers and judges what it finds by policies.")
    version = prop("version", run.version, ours=False)
    platform = {"uuid": uuid("platform"), "title": "auditor", "uses-components": [{"component-uuid": TOOL}]}
    return {"components": [tool | filled(props=version)], "assessment-platforms": [platform]}


def _component(identifier: str, kind: str, title: str, description: str) -> Part:
    status = {"state": "operational"}
    return {"uuid": identifier, "type": kind, "title": title, "description": description, "status": status}


def resources(run: Run) -> list[Part]:
    """Return the documents that are referred to: the policies, what demands them, what they answer to."""
    plan = {
        "uuid": PLAN,
        "title": "What was planned",
        "description": "The policies of this document, for the servers that they name; there is no other plan.",
    }
    mapped = sorted({name for policy in run.policies for check in policy.checks for name in check.mappings})
    others = ({"uuid": uuid("document", name), "title": line(name)} for name in mapped)
    return unique(chain([plan], map(_policy, run.policies), map(_source, run.policies), others))


def _policy_uuid(policy: JudgedPolicy) -> str:
    return uuid("policy", policy.id, policy.version, policy.digest)


def _source_uuid(policy: JudgedPolicy) -> str:
    return uuid("source", policy.source.document, policy.source.date, policy.source.link)


def _policy(policy: JudgedPolicy) -> Part:
    about = [*prop("version", policy.version, ours=False), *prop("policy", policy.id), *prop("digest", policy.digest)]
    return {
        "uuid": _policy_uuid(policy),
        "title": line(policy.title),
        "description": told(f"The policy {policy.id}, version {policy.version}"),
    } | filled(props=about, rlinks=[{"href": web_link(policy.file)}] if policy.file else [])


def _source(policy: JudgedPolicy) -> Part:
    source = policy.source
    return {
        "uuid": _source_uuid(policy),
        "title": line(source.document),
        "citation": {"text": line(source_text(source))},
    } | filled(
        props=prop("published", source.date, ours=False),
        rlinks=[{"href": web_link(source.link)}] if source.link else [],
    )


def plan_reference() -> Part:
    """Return the reference to the plan that an assessment's results must have."""
    return {"href": reference(PLAN), "remarks": "The policies are the plan: see back-matter."}
