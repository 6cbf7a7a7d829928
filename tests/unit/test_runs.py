import json
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import ExitCode, RunNotFoundError
from auditor.model.run import Run
from auditor.report import write_run
from auditor.runs import find_run, parse_run, read_run, stored_runs

GOLDEN = Path(__file__).parent / "formats" / "every-verdict"


@pytest.fixture
def run() -> Run:
    return read_run(GOLDEN)


@pytest.fixture
def out(run: Run, tmp_path: Path) -> Path:
    for run_id in ("20261121T020000Z-aaaa", "20261122T020000Z-bbbb"):
        write_run(replace(run, id=run_id), (), tmp_path / "reports")
    return tmp_path / "reports"


def test_a_run_is_found_by_its_id(out: Path) -> None:
    assert read_run(find_run("20261121T020000Z-aaaa", out)).id == "20261121T020000Z-aaaa"


def test_a_run_is_found_by_the_path_of_its_folder(out: Path, tmp_path: Path) -> None:
    moved = (out / "20261121T020000Z-aaaa").rename(tmp_path / "elsewhere")

    assert read_run(find_run(str(moved), out)).id == "20261121T020000Z-aaaa"


def test_last_is_the_run_that_was_written_last(out: Path) -> None:
    assert read_run(find_run("last", out)).id == "20261122T020000Z-bbbb"


def test_the_path_of_latest_is_the_run_that_was_written_last(out: Path) -> None:
    assert read_run(find_run(str(out / "latest"), out)).id == "20261122T020000Z-bbbb"


def test_stored_runs_are_listed_oldest_first_without_what_is_no_run(out: Path) -> None:
    (out / ".20261123T020000Z-cccc.partial-1").mkdir()
    (out / "notes").mkdir()

    assert stored_runs(out) == ("20261121T020000Z-aaaa", "20261122T020000Z-bbbb")
    assert stored_runs(out / "missing") == ()


def test_a_run_that_is_nearly_named_is_suggested(out: Path) -> None:
    with pytest.raises(RunNotFoundError, match="did you mean '20261121T020000Z-aaaa'") as caught:
        find_run("20261121T020000Z-aaa", out)

    assert caught.value.exit_code is ExitCode.USAGE


def test_a_run_that_is_not_there_is_answered_with_those_that_are(out: Path) -> None:
    with pytest.raises(RunNotFoundError, match="newest there: 20261121T020000Z-aaaa, 20261122T020000Z-bbbb"):
        find_run("?", out)


@pytest.mark.parametrize("text", ["last", "", ".", "a\0b", "x" * 5000, "../.."])
def test_where_there_are_no_runs_nothing_is_found(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunNotFoundError, match="holds no runs; name the folder of one, or make one"):
        find_run(text, tmp_path)


def test_latest_that_leads_nowhere_is_no_run(out: Path, tmp_path: Path) -> None:
    (out / "20261122T020000Z-bbbb").rename(tmp_path / "moved")

    with pytest.raises(RunNotFoundError, match="no run 'last'"):
        find_run("last", out)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Expecting value"),
        (b"\xff", "codec can't decode"),
        (b"[]", r"\$: list instead of dict"),
        (b'{"schema": "auditor-run/2"}', "schema 'auditor-run/2' is not auditor-run/1"),
        (b'{"schema": "auditor-run/1"}', r"\$: has the keys \['schema'\]"),
        (b'{"schema": NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"1" * 100_000, "integer string conversion"),
    ],
)
def test_a_file_that_is_no_run_is_refused_with_the_reason(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "run.json").write_bytes(content)

    with pytest.raises(RunNotFoundError, match=problem):
        read_run(tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunNotFoundError, match="No such file"):
        read_run(tmp_path)


def test_a_run_is_read_back_as_it_was(run: Run, tmp_path: Path) -> None:
    assert read_run(write_run(run, (), tmp_path)) == run


def test_extra_space_and_order_of_keys_do_not_matter(run: Run) -> None:
    document = json.loads((GOLDEN / "run.json").read_bytes())

    assert parse_run(json.dumps(dict(reversed(list(document.items()))), indent=7).encode()) == run
