"""`findings.xlsx` read by openpyxl: every text is a text, the counts are the run's, the chart shows them."""

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from auditor.formats.format import pieces
from auditor.formats.xlsx import FORMAT
from auditor.model.finding import standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
FORMULAS = (
    "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "{=1}", '=HYPERLINK("http://x")', "http://x.example",
    "00123", "1e5", "TRUE", "#REF!", "_x0041_", "\ud800\x00", "<r><t>a</t></r>", "<script>", " leading",
)  # fmt: skip


@pytest.fixture(params=["golden", "demo"])
def run(request: pytest.FixtureRequest) -> Run:
    return read_run(GOLDEN if request.param == "golden" else request.getfixturevalue("demo_run"))


def opened(run: Run) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(b"".join(pieces(FORMAT, run))))


def hostile(run: Run) -> Run:
    texts = (FORMULAS * (len(run.findings) // len(FORMULAS) + 1))[: len(run.findings)]
    findings = tuple(
        replace(each, host=text, policy=text, title=text, actual=text, reason=text)
        for each, text in zip(run.findings, texts, strict=True)
    )
    hosts = tuple(replace(each, name=text, reason=text) for each, text in zip(run.hosts, FORMULAS, strict=False))
    return replace(run, findings=findings, hosts=hosts, exit_reason="=1")


@pytest.mark.parametrize("is_hostile", [False, True], ids=["as it is", "hostile"])
def test_every_cell_is_a_text_or_a_count(run: Run, is_hostile: bool) -> None:  # noqa: FBT001  a parameter of the test
    read = opened(hostile(run) if is_hostile else run)

    kinds = Counter(
        (cell.data_type, cell.quotePrefix if cell.row > 1 and sheet.title.startswith("Findings") else None)
        for sheet in read
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )
    assert {kind for kind, _ in kinds} == {"s", "n"}
    assert not [cell for sheet in read for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert {prefixed for _, prefixed in kinds} == {True, None}


def test_the_findings_count_as_they_stand_in_the_run(run: Run) -> None:
    for each in (run, hostile(run)):
        header, *rows = opened(each)["Findings"].iter_rows(values_only=True)

        told = Counter(str(row[header.index("standing")]) for row in rows if row[0] == "finding")
        assert told == Counter(standing(finding).value for finding in each.findings)


def test_the_numbers_of_the_summary_are_those_of_the_run(run: Run) -> None:
    rows = [row for row in opened(run)["Summary"].iter_rows(values_only=True) if row[0] == "policy"]

    names = [str(name) for name in rows[0][2:8]]
    sheet = opened(run)["Summary"]
    policies = {policy.id for policy in run.policies}
    totals = Counter[str]()
    for row in sheet.iter_rows(values_only=True):
        if row[0] in policies and not row[1]:
            totals.update({name: int(str(cell)) for name, cell in zip(names, row[2:8], strict=True)})
    counted = Counter(standing(finding).value for finding in run.findings)
    words = {"error (not known)": "error", "not applicable": "not_applicable"}
    assert {words.get(name, name): number for name, number in totals.items() if number} == counted


def test_the_chart_shows_every_standing_of_every_policy(run: Run) -> None:
    sheet = opened(run)["Summary"]

    (chart,) = sheet._charts  # type: ignore[attr-defined]  # openpyxl has no other way to give the charts it read
    assert len(chart.series) == 6
    rows = [str(row[0].value) for row in sheet.iter_rows(max_col=1)]
    first = rows.index("policy") + 2
    last = first + len(run.policies) - 1
    cells = f"$C${first}" if first == last else f"$C${first}:$C${last}"
    assert {rows[place - 1] for place in range(first, last + 1)} == {policy.id for policy in run.policies}
    assert chart.series[0].val.numRef.f == f"Summary!{cells}"


def test_a_server_that_was_not_reached_is_told_without_findings(run: Run) -> None:
    silent = {host.name for host in run.hosts if host.status == "unreachable"}

    header, *rows = opened(replace(run, findings=()))["Findings"].iter_rows(values_only=True)

    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert silent
    assert {row["server"] for row in told if row["server_status"] == "unreachable"} == silent
    assert {row["standing"] for row in told} == {"not_judged"}
