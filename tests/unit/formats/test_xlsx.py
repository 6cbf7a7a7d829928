import io
import zipfile
from collections import Counter
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from auditor.formats.xlsx import workbook
from auditor.formats.xlsx_sheets import cell_text
from auditor.model.finding import Standing, standing
from auditor.model.run import Run


def book(run: Run, rows: int = 1000) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(b"".join(workbook(run, rows))))


def table(read: Workbook, name: str) -> list[dict[str, object]]:
    header, *rows = read[name].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_the_summary_begins_with_the_conclusion(run: Run) -> None:
    sheet = book(run)["Summary"]

    assert sheet["A1"].value == "Audit: not known (exit code 3)"
    assert sheet["B2"].value == run.exit_reason


def test_the_summary_counts_by_policy_and_by_severity(run: Run) -> None:
    rows = [row for row in book(run)["Summary"].iter_rows(values_only=True) if row[0] == run.policies[0].id]

    counted = Counter(standing(finding) for finding in run.findings)
    worst_first = [
        Standing.FAIL,
        Standing.ERROR,
        Standing.WARN,
        Standing.WAIVED,
        Standing.NOT_APPLICABLE,
        Standing.PASS,
    ]
    assert list(rows[0][2:8]) == [counted[each] for each in worst_first]
    assert [row[1] for row in rows[1:]] == ["critical", "high", "medium", "low", "info"]
    for column in range(2, 8):
        assert sum(int(str(row[column])) for row in rows[1:]) == rows[0][column]


def test_the_findings_filter_and_keep_their_header_in_sight(run: Run) -> None:
    sheet = book(run)["Findings"]

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:AI{len(run.findings) + 1}"


def test_findings_go_on_on_further_sheets(run: Run) -> None:
    read = book(run, rows=6)

    names = [name for name in read.sheetnames if name.startswith("Findings")]
    assert names == ["Findings", "Findings 2", "Findings 3"]
    assert [len(table(read, name)) for name in names] == [5, 5, 4]
    assert [row["check"] for name in names for row in table(read, name)] == [each.check for each in run.findings]


def test_servers_changes_waivers_and_notes_have_their_sheets(run: Run) -> None:
    read = book(run)

    servers = {row["server"]: row for row in table(read, "Servers")}
    assert servers["cas03.corp.example"]["status"] == "unreachable"
    assert (servers["cas04.corp.example"]["waived"], servers["cas04.corp.example"]["pass"]) == (2, 1)
    assert [row["change"] for row in table(read, "Changes")].count("new_deviation") == 1
    assert {row["waiver"]: row["expires"] for row in table(read, "Waivers")} == {
        "activesync-cas04": "2026-11-30",
        "ssloffloaded-cas04": "2026-12-31",
    }
    assert {row["about"] for row in table(read, "Notes")} == {
        "waiver expired", "waiver expiring", "waiver not covered", "waiver unused", "changes",
    }  # fmt: skip


def test_a_run_that_was_compared_with_none_says_so(run: Run) -> None:
    read = book(replace(run, drift=None))

    assert table(read, "Changes") == []
    assert {"about": "changes", "note": "no other run was compared with"} in table(read, "Notes")


@pytest.mark.parametrize("text", ["<r><t>x</t></r>", "<r></c></row></r>"])
def test_a_text_that_looks_like_the_library_s_own_markup_is_a_text(run: Run, text: str) -> None:
    spoiled = replace(run, findings=(replace(run.findings[0], actual=text),))

    (row,) = table(book(spoiled), "Findings")[:1]
    assert row["actual"] == "\\u003c" + text[1:]


def test_what_is_too_long_for_a_cell_is_cut_and_says_so() -> None:
    assert cell_text("x" * 1_000_000).endswith("... (984000 more characters, see run.json)")
    assert len(cell_text("\U0001f600" * 100_000).encode("utf-16-le")) // 2 < 32_767


def test_the_file_is_dated_as_the_run(run: Run) -> None:
    written = b"".join(workbook(run))

    with zipfile.ZipFile(io.BytesIO(written)) as packed:
        assert {entry.date_time[0] for entry in packed.infolist()} == {1980}
        assert b"2026-11-23T02:00:04Z" in packed.read("docProps/core.xml")
