"""`metrics.prom` for the textfile collector of Prometheus' node_exporter: how much deviates, and how much is known.

Text format 0.0.4 without timestamps, which that collector refuses. Findings are counted by policy, never by server or
check: a series per finding would be more than a Prometheus can keep. Names: Prometheus' page "Metric and label naming".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING

from auditor.formats.escape import visible
from auditor.formats.format import Format, Needed, one_file
from auditor.formats.times import seconds_by_phase
from auditor.model.drift import ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_BY = ("policy", "verdict", "severity")


def _render(run: Run) -> Iterator[bytes]:
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415  an extra

    registry = CollectorRegistry(auto_describe=False)
    _about_the_run(registry, run)
    _about_coverage(registry, run)
    _about_findings(registry, run)
    _about_change(registry, run)
    yield generate_latest(registry)


def _about_the_run(registry: "CollectorRegistry", run: Run) -> None:
    started, finished = (datetime.fromisoformat(text).timestamp() for text in (run.started, run.finished))
    _number(registry, "auditor_last_run_timestamp_seconds", "When the last audit ended, in Unix time.", finished)
    _number(registry, "auditor_last_run_duration_seconds", "How long the last audit took.", finished - started)
    _number(
        registry,
        "auditor_exit_code",
        "0 compliant, 1 findings at or above the gate, 3 evidence missing.",
        run.exit_code,
    )
    _counts(registry, "auditor_build_info", "The version that audited.", ("version",), {(run.version,): 1})


def _about_coverage(registry: "CollectorRegistry", run: Run) -> None:
    known = run.coverage
    _number(registry, "auditor_servers_planned", "Servers that were to be audited.", known.servers_planned)
    _number(registry, "auditor_servers_judged", "Servers with at least one known check.", known.servers_judged)
    _number(registry, "auditor_checks_planned", "Checks that were to be judged.", known.checks_planned)
    _number(registry, "auditor_checks_judged", "Checks that are known.", known.checks_judged)
    statuses = _filled(Counter((host.status,) for host in run.hosts), [Status])
    _counts(registry, "auditor_servers", "Servers by how far they were read.", ("status",), statuses)
    phases = sorted(seconds_by_phase(run.hosts).items())
    spent: Mapping[tuple[str, ...], float] = {(phase,): round(seconds, 3) for phase, seconds in phases}
    text = "Where the time went: seconds of all servers together."
    _counts(registry, "auditor_phase_duration_seconds", text, ("phase",), spent)


def _about_findings(registry: "CollectorRegistry", run: Run) -> None:
    counted, waived = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for finding in run.findings:
        (counted if finding.waiver is None else waived)[_labels(finding)] += 1
    seen = counted.keys() | waived.keys()
    policies = sorted({policy.id for policy in run.policies} | {policy for policy, _, _ in seen})
    severities = [severity for severity in Severity if any(each == severity for _, _, each in seen)]
    spread: list[Iterable[str]] = [policies, Verdict, severities]
    for name, text, numbers in (
        ("auditor_findings", "Findings without a waiver.", counted),
        ("auditor_findings_waived", "Findings that a waiver accepts; they keep their verdict.", waived),
    ):
        _counts(registry, name, text, _BY, _filled(numbers, spread))


def _labels(finding: Finding) -> tuple[str, ...]:
    return finding.policy, finding.verdict, finding.severity


def _about_change(registry: "CollectorRegistry", run: Run) -> None:
    """Without a run to compare with there is no number: 0 would say that nothing changed."""
    if run.drift is not None and not run.drift.is_beginning:
        kinds = _filled(Counter((change.kind,) for change in run.drift.changes), [ChangeKind])
        text = "Changes against the run that was compared with."
        _counts(registry, "auditor_drift_changes", text, ("kind",), kinds)
    notes = run.waivers
    kinds_of_notes: Mapping[tuple[str, ...], int] = {
        ("expired",): len(notes.expired),
        ("expiring",): len(notes.expiring),
        ("not_covered",): len(notes.not_covered),
        ("unused",): len(notes.unused),
        ("overlapping",): len(notes.overlapping),
        ("broad",): len(notes.broad),
    }
    _counts(registry, "auditor_waiver_notes", "What is to be said of waivers, by kind.", ("kind",), kinds_of_notes)


def _filled(counted: Counter[tuple[str, ...]], spread: Sequence[Iterable[str]]) -> Mapping[tuple[str, ...], int]:
    """Return the counts with their zeros: a series that vanishes looks like one that was never there."""
    return {labels: counted[labels] for labels in product(*spread)}


def _number(registry: "CollectorRegistry", name: str, text: str, value: float) -> None:
    _counts(registry, name, text, (), {(): value})


def _counts(
    registry: "CollectorRegistry",
    name: str,
    text: str,
    labels: tuple[str, ...],
    values: Mapping[tuple[str, ...], float],
) -> None:
    from prometheus_client import Gauge  # noqa: PLC0415  an extra

    gauge = Gauge(name, text, labels, registry=registry)
    for given, value in values.items():
        # texts that look the same when hidden characters are shown are one series, so they are added up
        (gauge.labels(*map(visible, given)) if labels else gauge).inc(value)


FORMAT = Format(
    name="metrics",
    reader="Prometheus, through the textfile collector of node_exporter",
    filename="metrics.prom",
    files=one_file("metrics.prom", _render),
    has_findings=False,
    needs=Needed(module="prometheus_client", package="prometheus-client", extra="metrics"),
)
