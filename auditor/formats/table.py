"""Findings as a table: one row for each, and one for each server without any, so that no server is missing."""

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from auditor.formats.changed import changes_of, counts_as_new
from auditor.formats.sources import checks_of, mapped_text
from auditor.model.drift import ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Standing, Verdict, identity, in_order, order, standing
from auditor.model.policy import Level, Severity
from auditor.model.run import Host, Run

NOT_JUDGED = "not_judged"
"""The standing of a server of which there is no finding."""


class Column(NamedTuple):
    """A column: its name, what stands in it, its type in Table Schema, and its values where these are few."""

    name: str
    text: str
    type: str = "string"
    values: tuple[str, ...] = ()


Row: TypeAlias = tuple[str, ...]
"""One text for each column, as it was said: nothing in it is harmless yet."""

COLUMNS = (
    Column("row", "finding, or server for a server of which there is no finding", values=("finding", "server")),
    Column("run", "id of the run"),
    Column("run_started", "when the run began, UTC", "datetime"),
    Column("server", f"the server's name; {FLEET} is the fleet as a whole"),
    Column("groups", "groups of the server, separated by commas"),
    Column("server_status", "how far the server was read; empty for the fleet", values=tuple(Status)),
    Column("server_reason", "why it was not, or not fully, read"),
    Column("policy", "id of the policy; in the row of a server all that it was asked for"),
    Column("policy_version", "version of the policy"),
    Column("check", "id of the check"),
    Column("title", "what the check is about"),
    Column("severity", "how bad a deviation is", values=tuple(Severity)),
    Column("level", "what a deviation becomes", values=tuple(Level)),
    Column("standing", "how it counts: the verdict, or waived; error is not known", values=(*Standing, NOT_JUDGED)),
    Column("verdict", "what was concluded, waived or not; error is not known", values=tuple(Verdict)),
    Column("new", "whether it deviates, or is not known, and did not in the run compared with", "boolean"),
    Column("expected", "what the check demands"),
    Column("actual", "what was found"),
    Column("reason", "why the verdict is what it is"),
    Column("remediation", "what to do"),
    Column("reference", "clause or step of the source document"),
    Column("source_document", "the document that demands it"),
    Column("source_date", "date of that document"),
    Column("source_link", "where that document can be read"),
    Column("mappings", "what the check answers to in other documents"),
    Column("waiver", "id of the waiver"),
    Column("waiver_owner", "who accepted the deviation"),
    Column("waiver_reason", "why it was accepted"),
    Column("waiver_ticket", "where that is recorded"),
    Column("waiver_expires", "last day on which the waiver holds", "date"),
    Column("change", "what changed against the run compared with", values=tuple(ChangeKind)),
    Column("causes", "whose change it is, separated by commas"),
    Column("since", "when the deviation, or the change, was first seen, UTC", "datetime"),
    Column("change_text", "what changed, in a sentence"),
    Column("identity", "the same for the same check on the same server in every run"),
)

_PLACES = {column.name: place for place, column in enumerate(COLUMNS)}


class Table:
    """Turns the findings and servers of a run into rows; what these share is looked up once."""

    def __init__(self, run: Run) -> None:
        self._run = (run.id, run.started)
        self._compared = run.compared is not None
        self._changes = changes_of(run)
        self._hosts = {host.name: _host_cells(host) for host in run.hosts}
        checks = checks_of(run)
        policies = {policy.id: policy for policy in run.policies}
        self._versions = {name: policy.version for name, policy in policies.items()}
        self._sources = {
            name: (policy.source.document, policy.source.date, policy.source.link) for name, policy in policies.items()
        }
        self._mapped = {key: mapped_text(check) for key, check in checks.items()}

    def of_finding(self, finding: Finding) -> Row:
        """Return the row of a finding."""
        return (
            "finding",
            *self._run,
            finding.host,
            *self._hosts.get(finding.host, ("", "", "")),
            finding.policy,
            self._versions.get(finding.policy, ""),
            finding.check,
            finding.title,
            finding.severity.value,
            finding.level.value,
            standing(finding).value,
            finding.verdict.value,
            self._new(finding),
            finding.expected,
            finding.actual,
            finding.reason,
            finding.remediation,
            finding.reference,
            *self._sources.get(finding.policy, ("", "", "")),
            self._mapped.get((finding.policy, finding.check), ""),
            *_waiver_cells(finding),
            *self._change_cells(finding),
            identity(finding),
        )

    def of_server(self, host: Host) -> Row:
        """Return the row of a server of which there is no finding."""
        cells = [""] * len(COLUMNS)
        cells[: _PLACES["policy"]] = ("server", *self._run, host.name, *self._hosts[host.name])
        cells[_PLACES["policy"]] = ", ".join(host.policies)
        cells[_PLACES["standing"]] = NOT_JUDGED
        # no check on this server: never the identity of a finding, whose check has a name
        cells[_PLACES["identity"]] = sha256(f"\0\0{host.name}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return tuple(cells)

    def _new(self, finding: Finding) -> str:
        return str(counts_as_new(finding, self._changes)).lower() if self._compared else ""

    def _change_cells(self, finding: Finding) -> tuple[str, str, str, str]:
        change = self._changes.get(order(finding))
        if change is None:
            return "", "", "", ""
        return change.kind.value, ", ".join(change.causes), change.since, change.text


def rows(run: Run) -> Iterator[Row]:
    """Yield the row of each finding in the order of every report, then those of the servers without any, by name."""
    table = Table(run)
    judged = set()
    for finding in in_order(run.findings):
        judged.add(finding.host)
        yield table.of_finding(finding)
    for host in sorted(run.hosts, key=lambda host: host.name):
        if host.name not in judged:
            yield table.of_server(host)


def _host_cells(host: Host) -> tuple[str, str, str]:
    return ", ".join(host.groups), host.status.value, host.reason


def _waiver_cells(finding: Finding) -> tuple[str, str, str, str, str]:
    mark = finding.waiver
    return (mark.id, mark.owner, mark.reason, mark.ticket, mark.expires) if mark else ("", "", "", "", "")
