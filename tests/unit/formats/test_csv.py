import csv
import io
import json
from dataclasses import replace

import pytest

from auditor.formats.csv import FORMAT, harmless
from auditor.formats.format import no_answers
from auditor.model.evidence import Status
from auditor.model.finding import Verdict, identity
from auditor.model.run import Run


def files(run: Run) -> dict[str, bytes]:
    return {file.name: b"".join(file.content) for file in FORMAT.files(run, no_answers)}


def rows(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files(run)["findings.csv"].decode(), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "one\n=2", "'quoted", "\uff1d1",
        '"=1', "a,=1", "\u202e=1", "\x00=1",
    ],
)  # fmt: skip
def test_no_line_of_a_cell_begins_a_formula(text: str) -> None:
    lines = harmless(text).split("\n")

    assert not [line for line in lines if line.lstrip(" ")[:1] in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")]


@pytest.mark.parametrize("text", ["=1", "'=1", "''", "-1\n+2\nthree", "plain", "a'b", "  @x"])
def test_what_was_made_text_can_be_read_back_by_taking_one_apostrophe_away(text: str) -> None:
    written = harmless(text)

    assert "\n".join(line.removeprefix("'") for line in written.split("\n")) == text


def test_what_needs_no_care_stays_as_it_is() -> None:
    assert harmless("access denied to applicationHost.config: 5") == "access denied to applicationHost.config: 5"
    assert harmless("größer als 1") == "größer als 1"


def test_a_cell_is_never_longer_than_a_spreadsheet_takes() -> None:
    for text in ("x" * 1_000_000, "=\n" * 500_000, "\x1b" * 1_000_000, " " * 1_000_000):
        assert len(harmless(text)) < 32_767
        assert "more characters, see run.json" in harmless(text)


def test_a_row_tells_the_check_its_source_its_waiver_and_its_change(run: Run) -> None:
    (waived,) = [row for row in rows(run) if row["waiver"] == "ssloffloaded-cas04"]
    (new,) = [row for row in rows(run) if row["change"] == "new_deviation"]

    assert (waived["standing"], waived["verdict"], waived["waiver_owner"]) == ("waived", "fail", "Jane Doe")
    assert (waived["waiver_ticket"], waived["waiver_expires"]) == ("CHG-4711", "2026-12-31")
    assert (new["new"], new["causes"], new["since"]) == ("true", "server", "2026-11-23T02:00:00Z")
    assert new["mappings"] == "NIST SP 800-53 Rev. 5: CM-6"
    assert (new["reference"], new["source_date"]) == ("step 1", "2008-03-18")
    assert new["remediation"].count("\n") == 1


def test_rows_can_be_matched_with_those_of_another_run(run: Run) -> None:
    assert [row["identity"] for row in rows(run)] == [identity(finding) for finding in run.findings]


def test_every_server_of_which_there_is_no_finding_has_a_row_that_passes_nothing(run: Run) -> None:
    silent = replace(run.hosts[2], name="silent")
    other = replace(run.hosts[0], name="asked-nothing", status=Status.REACHED)

    told = {row["server"]: row for row in rows(replace(run, hosts=(silent, other))) if row["row"] == "server"}

    assert told.keys() == {"silent", "asked-nothing"}
    assert {row["standing"] for row in told.values()} == {"not_judged"}
    assert told["silent"]["server_status"] == "unreachable"
    assert told["silent"]["server_reason"] == silent.reason
    assert len({row["identity"] for row in rows(run)} | {row["identity"] for row in told.values()}) == 16


def test_without_another_run_nothing_is_called_new_or_old(run: Run) -> None:
    assert {row["new"] for row in rows(replace(run, drift=None))} == {""}


def test_a_finding_of_a_policy_that_is_not_kept_still_has_its_row(run: Run) -> None:
    (row, *_) = rows(replace(run, policies=(), findings=(replace(run.findings[0], verdict=Verdict.FAIL),)))

    assert (row["check"], row["policy_version"], row["source_document"]) == (run.findings[0].check, "", "")


def test_the_description_names_every_column_in_its_order(run: Run) -> None:
    written = files(run)

    (resource,) = json.loads(written["datapackage.json"])["resources"]
    assert resource["path"] == "findings.csv"
    header = written["findings.csv"].decode().partition("\n")[0]
    assert [field["name"] for field in resource["schema"]["fields"]] == header.split(",")
