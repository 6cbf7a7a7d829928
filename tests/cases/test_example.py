"""The run that the repository shows in every format: it is what the formats write today, and follows from its evidence.

`make example` makes it anew.
"""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from auditor.formats import FORMATS
from auditor.formats.format import Format
from auditor.model.finding import Verdict
from auditor.model.run import Run
from auditor.runs import read_run
from auditor.stored_evidence import answers_kept


@pytest.fixture
def example(repository: Path) -> Path:
    return repository / "reports" / "example"


@pytest.fixture
def run(example: Path) -> Run:
    return read_run(example)


@pytest.mark.parametrize("report", FORMATS.values(), ids=FORMATS.keys())
def test_a_report_is_what_its_format_writes_today(report: Format, run: Run, example: Path) -> None:
    with answers_kept(example) as answers:
        written = {file.name: b"".join(file.content) for file in report.files(run, answers)}

    assert written
    for name, content in written.items():
        assert unpacked(example / name, (example / name).read_bytes()) == unpacked(example / name, content)


def test_nothing_else_lies_there(run: Run, example: Path) -> None:
    with answers_kept(example) as answers:
        reports = {file.name for report in FORMATS.values() for file in report.files(run, answers)}

    there = {path.relative_to(example).as_posix() for path in example.rglob("*") if path.is_file()}
    kept = {name for name in there if name.startswith(("policies/", "waivers/"))}
    assert there - reports - kept == {"README.md", "evidence.jsonl", "review.zip", "review.pub.pem"}
    assert reports <= there


def test_it_shows_what_a_reader_must_be_able_to_tell_apart(run: Run) -> None:
    verdicts = {finding.verdict for finding in run.findings}

    assert verdicts >= {Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.ERROR}
    assert any(finding.waiver for finding in run.findings)
    assert run.coverage.servers_judged < run.coverage.servers_planned
    assert run.compared
    assert run.waivers.expired


def test_its_evidence_comes_to_the_same_findings(auditor, run: Run, example: Path, tmp_path: Path) -> None:
    auditor("run", "--evidence", str(example), "--out", str(tmp_path / "again"))

    again = read_run((tmp_path / "again" / "latest").resolve())
    assert [(each.host, each.check, each.verdict, each.actual) for each in again.findings] == [
        (each.host, each.check, each.verdict, each.actual) for each in run.findings
    ]


def test_its_export_is_valid(auditor, example: Path) -> None:
    pytest.importorskip("securesystemslib", reason="securesystemslib is not installed: pip install auditor[export]")

    ended = auditor("verify", str(example / "review.zip"), "--key", str(example / "review.pub.pem"))

    assert ended.code == 0, ended.err


def unpacked(path: Path, content: bytes) -> object:
    """Return what the file holds: another zlib packs a workbook into other bytes."""
    if path.suffix != ".xlsx":
        return content
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
