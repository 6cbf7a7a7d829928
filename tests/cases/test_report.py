"""`auditor report`: stored runs in further formats, on standard output and in folders."""

from pathlib import Path

import pytest

from auditor.formats import FORMATS


def test_one_format_goes_to_standard_output_as_it_stands_in_the_run_folder(auditor, audited) -> None:
    ended = auditor("report", str(audited.folder), "--format", "junit")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (audited.folder / "junit.xml").read_text()


def test_a_run_is_found_in_the_folder_of_runs(auditor, audited) -> None:
    ended = auditor("report", "last", "--runs", str(audited.out), "--format", "text")

    assert ended.out == (audited.folder / "report.txt").read_text()


def test_several_formats_go_to_a_folder_and_each_file_is_named(auditor, audited, tmp_path: Path) -> None:
    out = tmp_path / "new" / "reports"

    ended = auditor("report", str(audited.folder), "--format", "junit", "--format", "text", "--out", str(out))

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [str(out / "junit.xml"), str(out / "report.txt")]
    for name in ("junit.xml", "report.txt"):
        assert (out / name).read_bytes() == (audited.folder / name).read_bytes()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_written_of_a_whole_fleet(auditor, audited, tmp_path: Path, name: str) -> None:
    ended = auditor("report", str(audited.folder), "--format", name, "--out", str(tmp_path))

    assert ended.err == ""
    written = [Path(line) for line in ended.out.splitlines()]
    assert written
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert all(path.stat().st_size for path in written)


def test_a_report_that_is_there_is_replaced(auditor, audited, tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("of yesterday")

    auditor("report", str(audited.folder), "--format", "text", "--out", str(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]
    assert (tmp_path / "report.txt").read_bytes() == (audited.folder / "report.txt").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["last"], "no format: name one with --format"),
        (["last", "--format", "junti"], "did you mean 'junit'?"),
        (["last", "--format", "junit", "--format", "text"], "name a folder with --out"),
        (["nowhere", "--format", "text"], "no run 'nowhere'"),
        (["last", "--format", "text", "--out", "a-file/x"], "a-file"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(auditor, audited, tmp_path: Path, words, said: str) -> None:
    (tmp_path / "a-file").write_text("")

    ended = auditor("report", *words, "--runs", str(audited.out))

    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_a_format_of_many_files_wants_a_folder(auditor, audited) -> None:
    for name in (each.name for each in FORMATS.values() if "/" in each.filename):
        ended = auditor("report", str(audited.folder), "--format", name)

        assert (ended.code, ended.out) == (2, "")
        assert "name a folder with --out" in ended.err
