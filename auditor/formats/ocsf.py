"""`ocsf.jsonl`: a run for SIEMs, as OCSF 1.5.0 Compliance Findings (class 2003), one JSON line each.

A line for each finding, and one for each server that was not reached, whether it has findings or not.

See https://schema.ocsf.io/1.5.0/classes/compliance_finding.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from auditor.formats.changed import changes_of
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.json_text import text
from auditor.formats.ocsf_event import Events, Fresh
from auditor.formats.sources import checks_of
from auditor.model.drift import Cause, ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import in_order
from auditor.model.run import Run


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    yield ReportFile(name="ocsf.jsonl", content=_render(run, answers))


def _render(run: Run, answers: Answers) -> Iterator[bytes]:
    events = Events(
        run=run,
        hosts={host.name: host for host in run.hosts},
        policies={policy.id: policy for policy in run.policies},
        checks=checks_of(run),
        changes=changes_of(run),
        fresh=_fresh(run),
    )
    silent = sorted((host for host in run.hosts if host.status is Status.UNREACHABLE), key=lambda host: host.name)
    for host in silent:
        yield _line(events.not_reached(host))
    for server, findings in groupby(in_order(run.findings), lambda finding: finding.host):
        known = answers(server)
        for finding in findings:
            yield _line(events.finding(finding, known))


def _fresh(run: Run) -> Fresh:
    told = run.compared.changes if run.compared else ()
    lost = [
        change for change in told if change.kind is ChangeKind.NEWLY_UNKNOWN and Cause.REACHABILITY in change.causes
    ]
    return Fresh(
        servers=frozenset(change.host for change in told if change.kind is ChangeKind.NEW_SERVER),
        silent=frozenset(change.host for change in lost if Cause.REACHABILITY in change.causes),
    )


def _line(event: Mapping[str, Any]) -> bytes:
    return f"{text(event)}\n".encode("ascii")


FORMAT = Format(
    name="ocsf", reader="SIEMs and security data lakes", filename="ocsf.jsonl", files=_files, has_notes=False
)
