"""The first sheet of `findings.xlsx`: the conclusion, and counts by policy, standing and severity with a chart."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.formats.times import times
from auditor.formats.xlsx_sheets import COLOURS, Book, Value
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, standing
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

_WORDS = {Standing.ERROR: "error (not known)", Standing.NOT_APPLICABLE: "not applicable"}
_HEAD = tuple(_WORDS.get(each, each.value) for each in COLOURS)
_LABELS = 2
"""Columns before the counts: policy and severity."""


@dataclass(slots=True)
class Tally:
    """What is counted while the findings pass by; never the findings themselves."""

    by_policy: Counter[tuple[str, Severity, Standing]] = field(default_factory=Counter)
    by_host: Counter[tuple[str, Standing]] = field(default_factory=Counter)
    by_waiver: Counter[WaiverMark] = field(default_factory=Counter)

    def count(self, finding: Finding) -> None:
        """Count a finding."""
        stands = standing(finding)
        self.by_policy[finding.policy, finding.severity, stands] += 1
        self.by_host[finding.host, stands] += 1
        if finding.waiver is not None:
            self.by_waiver[finding.waiver] += 1

    def of_host(self, host: str) -> list[int]:
        """Return how the findings of a server count, worst first."""
        return [self.by_host[host, each] for each in COLOURS]

    def of_policy(self, policy: str, *severities: Severity) -> list[int]:
        """Return how the findings of a policy count, worst first, those of these severities."""
        return [sum(self.by_policy[policy, severity, each] for severity in severities) for each in COLOURS]


def write_summary(book: Book, sheet: Any, run: Run, tally: Tally) -> None:
    """Fill the sheet."""
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 14)
    sheet.set_column(_LABELS, _LABELS + len(COLOURS) - 1, 16)
    book.write(sheet, 0, ["Audit: " + _conclusion(run)], "title")
    place = 1
    for line in _lines(run):
        book.write(sheet, place, line)
        place += 1
    policies = sorted({policy.id for policy in run.policies} | {policy for policy, _, _ in tally.by_policy})
    whole: list[tuple[Value, ...]] = [(each, "", *tally.of_policy(each, *Severity)) for each in policies]
    place = _block(book, sheet, place + 1, "", whole)
    if policies:
        _chart(book, sheet, place - len(policies), len(policies))
    split: list[tuple[Value, ...]] = [
        (each, severity.value, *tally.of_policy(each, severity)) for each in policies for severity in Severity
    ]
    _block(book, sheet, place + 1, "severity", split)


def _conclusion(run: Run) -> str:
    return {0: "compliant", 1: "not compliant", 3: "not known"}.get(
        run.exit_code, "ended"
    ) + f" (exit code {run.exit_code})"


def _lines(run: Run) -> Iterator[Sequence[Value]]:
    covered = run.coverage
    status = Counter(host.status for host in run.hosts)
    yield "why", run.exit_reason
    yield "run", run.id
    yield "began", run.started
    yield "ended", run.finished
    yield "gate", run.fail_on
    yield "compared with", run.compared.against if run.compared else "no other run"
    if run.evidence_of:
        yield "judged again from the evidence of", run.evidence_of
    if run.interrupted:
        yield "interrupted", "the run ended before every server was asked"
    yield "servers planned", covered.servers_planned
    yield "servers judged", covered.servers_judged
    yield "servers not reached", status[Status.UNREACHABLE]
    yield "servers read in part", status[Status.PARTIAL]
    yield "checks planned", covered.checks_planned
    yield "checks judged", covered.checks_judged
    yield from times(run.hosts)


def _block(book: Book, sheet: Any, place: int, second: str, rows: Sequence[Sequence[Value]]) -> int:
    """Write rows of counts under a header whose second label is given, and return the row after them."""
    book.write(sheet, place, ("policy", second, *_HEAD), "head")
    for number, row in enumerate(rows, start=place + 1):
        book.write(sheet, number, row)
    return place + 1 + len(rows)


def _chart(book: Book, sheet: Any, first: int, number: int) -> None:
    last = first + number - 1
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for column, colour in enumerate(COLOURS.values(), start=_LABELS):
        chart.add_series(
            {
                "name": ["Summary", first - 1, column],
                "categories": ["Summary", first, 0, last, 0],
                "values": ["Summary", first, column, last, column],
                "fill": {"color": colour},
                "gap": 50,
            }
        )
    chart.set_title({"name": "Findings by policy"})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": 200 + 40 * min(number, 20)})
    sheet.insert_chart(1, _LABELS + len(COLOURS) + 1, chart, {"description": "Findings by policy and standing"})
