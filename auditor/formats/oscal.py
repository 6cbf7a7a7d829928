"""`oscal.json`: a run as OSCAL assessment results, for those who keep security assessments and plans of action.

Findings are gone through four times: what they refer to, observations, risks, findings; none is kept.

See https://pages.nist.gov/OSCAL/learn/concepts/layer/assessment/assessment-results/.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from auditor.formats import oscal_defined as defined
from auditor.formats.changed import Key, changes_of
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.json_text import Pieces, items, members
from auditor.formats.oscal_parts import Part, filled, prop, uuid
from auditor.formats.oscal_told import Told
from auditor.formats.sources import CheckKey, checks_of
from auditor.formats.told import line, notes_of, server_name, told
from auditor.model.drift import Change, deviates
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, in_order, order
from auditor.model.run import Host, Run

_VERSION = "1.2.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Survey:
    """What was found out by going through the findings once.

    `hosts` and `checks` are what findings name and the run does not; `changes` those that are about no finding.
    """

    hosts: frozenset[str]
    checks: tuple[Finding, ...]
    changes: tuple[Change, ...]
    has_findings: bool
    has_risks: bool


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    yield ReportFile(name="oscal.json", content=_render(run, answers))


def _render(run: Run, answers: Answers) -> Iterator[bytes]:
    findings = in_order(run.findings)
    survey = _survey(run, findings)
    objectives = defined.objectives(run, survey.checks)
    results = items([Pieces(members(_result(run, findings, survey, objectives, answers), 3))], 2)
    document = {
        "uuid": uuid(run.id, "assessment-results"),
        "metadata": {
            "title": line(f"auditor run {run.id}"),
            "last-modified": run.finished,
            "version": line(run.id),
            "oscal-version": _VERSION,
            "props": prop("auditor-version", run.version),
        },
        "import-ap": defined.plan_reference(),
        "local-definitions": {"objectives-and-methods": objectives},
        "results": Pieces(results),
        "back-matter": {"resources": defined.resources(run)},
    }
    yield from members({"assessment-results": Pieces(members(document, 1))})
    yield b"\n"


def _survey(run: Run, findings: Sequence[Finding]) -> _Survey:
    known, hosts, checks = checks_of(run), {host.name for host in run.hosts}, dict[CheckKey, Finding]()
    strays, left = set[str](), dict[Key, Change](changes_of(run))
    has_findings = has_risks = False
    for each in findings:
        left.pop(order(each), None)
        if each.host not in hosts and each.host != FLEET:
            strays.add(each.host)
        if (each.policy, each.check) not in known:
            checks.setdefault((each.policy, each.check), each)
        has_findings = has_findings or each.verdict is not Verdict.NOT_APPLICABLE
        has_risks = has_risks or deviates(each.verdict)
    about_servers = (change for change in (run.compared.changes if run.compared else ()) if not change.check)
    return _Survey(
        hosts=frozenset(strays),
        checks=tuple(checks.values()),
        changes=tuple(sorted(chain(about_servers, left.values()), key=_change_order)),
        has_findings=has_findings,
        has_risks=has_risks,
    )


def _result(
    run: Run, findings: Sequence[Finding], survey: _Survey, objectives: list[Part], answers: Answers
) -> dict[str, object]:
    tell = Told(run=run, checks=checks_of(run), changes=changes_of(run))
    silent = sorted((host for host in run.hosts if host.status is Status.UNREACHABLE), key=lambda host: host.name)
    unread = [tell.not_reached(host) for host in silent]
    result: dict[str, object] = {
        "uuid": uuid(run.id, "result"),
        "title": line(f"auditor run {run.id}"),
        "description": told(f"exit code {run.exit_code}: {run.exit_reason}"),
        "start": run.started,
        "end": run.finished,
        "props": _numbers(run),
        "local-definitions": Pieces(members(_local(run, survey), 4)),
        "reviewed-controls": defined.reviewed_controls(run, objectives),
        "assessment-log": {"entries": list(_log(run, silent, survey))},
    }
    if findings or silent:
        result["observations"] = chain((seen for seen, _ in unread), _observations(tell, findings, answers))
    if survey.has_risks:
        result["risks"] = (risk for each in findings for risk in tell.risk(each))
    if survey.has_findings or silent:
        judged = (found for each in findings for found in tell.finding(each))
        result["findings"] = chain((found for _, found in unread), judged)
    return result


def _observations(tell: Told, findings: Sequence[Finding], answers: Answers) -> Iterator[Part]:
    for server, group in groupby(findings, lambda finding: finding.host):
        known = answers(server)
        for each in group:
            yield tell.observation(each, known)


def _local(run: Run, survey: _Survey) -> dict[str, object]:
    servers = {"inventory-items": defined.servers(run, survey.hosts)} if run.hosts or survey.hosts else {}
    return {"components": defined.components(), **servers, "assessment-assets": defined.assessment_assets(run)}


def _numbers(run: Run) -> list[Part]:
    covered = run.coverage
    return [
        *prop("exit-code", f"{run.exit_code}"),
        *prop("fail-on", run.fail_on),
        *prop("servers-judged", f"{covered.servers_judged} of {covered.servers_planned}"),
        *prop("checks-judged", f"{covered.checks_judged} of {covered.checks_planned}"),
        *(part for name in sorted(run.summary) for part in prop("counted", f"{run.summary[name]}", remarks=name)),
    ]


def _log(run: Run, silent: Sequence[Host], survey: _Survey) -> Iterator[Part]:
    """Yield what is to be said of the run as a whole, one entry each."""
    told_of = chain(
        notes_of(run),
        ((f"{server_name(host.name)} was not reached", host.reason) for host in silent),
        ((change.kind.replace("_", " "), f"{server_name(change.host)}: {_about(change)}") for change in survey.changes),
    )
    for number, (title, said) in enumerate(told_of):
        entry = {"uuid": uuid(run.id, "log", f"{number}"), "title": line(title)}
        yield entry | filled(description=told(said)) | {"start": run.started, "end": run.finished}


def _change_order(change: Change) -> tuple[str, str, str, str]:
    return change.host, change.policy, change.check, change.text


def _about(change: Change) -> str:
    return f"{change.policy}/{change.check}: {change.text}" if change.check else change.text


FORMAT = Format(
    name="oscal", reader="those who keep OSCAL: compliance-trestle, GRC tools", filename="oscal.json", files=_files
)
