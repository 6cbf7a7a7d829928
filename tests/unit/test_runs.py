import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.baselines import set_baseline
from auditor.errors import ExitCode, RunNotFoundError
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark
from auditor.report import point_latest, write_run
from auditor.runs import find_compared, find_run, parse_run, read_run, stored_runs

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


@pytest.fixture
def nights(run: Run, tmp_path: Path) -> Path:
    """Return a reports folder with three runs whose ids do not sort by time; the last one written is the second."""
    started = {"b-first": "2026-11-20T23:59:59Z", "c-second": "2026-11-21T02:00:00Z", "a-third": "2026-11-23T02:00:00Z"}
    for run_id in ("a-third", "b-first", "c-second"):
        write_run(replace(run, id=run_id, started=started[run_id]), (), tmp_path / "reports")
    point_latest(tmp_path / "reports", "a-third")
    return tmp_path / "reports"


@pytest.mark.parametrize(
    ("text", "run_id"),
    [
        ("last~0", "a-third"),
        ("last~1", "c-second"),
        ("last~2", "b-first"),
        ("2026-11-20", "b-first"),
        ("2026-11-21", "c-second"),
        ("2026-11-22", "c-second"),
        ("2031-01-01", "a-third"),
    ],
)
def test_runs_before_the_last_and_of_a_day_are_found_by_when_they_began(nights: Path, text: str, run_id: str) -> None:
    assert find_run(text, nights).name == run_id


def test_runs_before_the_last_are_counted_from_the_one_that_was_written_last(nights: Path) -> None:
    point_latest(nights, "c-second")

    assert find_run("last~1", nights).name == "b-first"


def test_a_run_of_that_name_comes_before_the_meaning_of_a_date(run: Run, nights: Path) -> None:
    write_run(replace(run, id="2026-11-21"), (), nights)

    assert find_run("2026-11-21", nights).name == "2026-11-21"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("last~3", "there are 3, the oldest b-first; the farthest back is last~2"),
        ("2026-11-19", "the oldest, b-first, began 2026-11-20T23:59:59Z"),
        ("2026-13-45", "it looks like a date, but month must be in 1..12; write YYYY-MM-DD"),
        ("lst", "did you mean 'last'"),
        ("last~x", "did you mean 'last'"),
    ],
)
def test_what_leads_to_no_run_is_answered_with_what_is_there(nights: Path, text: str, problem: str) -> None:
    with pytest.raises(RunNotFoundError) as caught:
        find_run(text, nights)

    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["last~1", "2026-11-22", "baseline:approved"])
def test_where_there_are_no_runs_no_reference_leads_anywhere(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunNotFoundError):
        find_run(text, tmp_path)


def test_when_a_run_began_is_found_whatever_the_layout_of_its_file(nights: Path) -> None:
    file = nights / "c-second" / "run.json"
    file.write_text(json.dumps(dict(reversed(list(json.loads(file.read_bytes()).items()))), indent=9))

    assert find_run("2026-11-22", nights).name == "c-second"


@pytest.mark.parametrize("change", [{"interrupted": True}, {"evidence_of": "20261121T020000Z-aaaa"}])
def test_a_night_is_compared_with_the_last_that_read_all_its_servers_itself(
    run: Run, nights: Path, change: dict[str, Any]
) -> None:
    whole = find_run("last", nights)
    write_run(replace(run, id="20261125T020000Z-ffff", started="2026-11-25T02:00:00Z", **change), (), nights)

    assert find_run("last", nights).name == "20261125T020000Z-ffff"
    assert find_compared("last", nights) == whole
    assert find_compared("20261125T020000Z-ffff", nights).name == "20261125T020000Z-ffff"


def test_where_no_night_is_whole_the_last_is_compared_with(run: Run, tmp_path: Path) -> None:
    write_run(replace(run, interrupted=True), (), tmp_path)

    assert find_compared("last", tmp_path).name == run.id


def test_a_baseline_is_a_run(nights: Path, tmp_path: Path) -> None:
    moved = (nights / "b-first").rename(tmp_path / "elsewhere")
    set_baseline(nights, "inside", nights / "c-second", "c-second", datetime(2026, 11, 24, tzinfo=UTC))
    set_baseline(nights, "outside", moved, "b-first", datetime(2026, 11, 24, tzinfo=UTC))

    assert find_run("baseline:inside", nights).name == "c-second"
    assert read_run(find_run("baseline:outside", nights)).id == "b-first"


def test_a_baseline_whose_run_is_gone_says_so(nights: Path, tmp_path: Path) -> None:
    set_baseline(nights, "approved", nights / "c-second", "c-second", datetime(2026, 11, 24, tzinfo=UTC))
    (nights / "c-second").rename(tmp_path / "elsewhere")

    with pytest.raises(RunNotFoundError, match=r"its run is no longer at .*c-second; set the baseline to another run"):
        find_run("baseline:approved", nights)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"verdict": "perhaps"}, r"\$\.findings\[1\]\.verdict: 'perhaps' is none of"),
        ({"level": 1}, r"\$\.findings\[1\]\.level: 1 is none of"),
        ({"actual": None}, r"\$\.findings\[1\]\.actual: NoneType instead of str"),
        ({"host": True}, r"\$\.findings\[1\]\.host: bool instead of str"),
        ({"questions": [1]}, r"\$\.findings\[1\]\.questions\[0\]: int instead of str"),
        ({"questions": "q"}, r"\$\.findings\[1\]\.questions: str instead of list"),
        ({"waiver": {}}, r"\$\.findings\[1\]\.waiver: has the keys \[\]"),
        ({"extra": 1}, r"\$\.findings\[1\]: has the keys"),
    ],
)
def test_a_finding_that_is_none_is_refused_with_its_place(change: dict[str, object], problem: str) -> None:
    document = json.loads((GOLDEN / "run.json").read_bytes())
    document["findings"][1].update(change)

    with pytest.raises(ValueError, match=problem):
        parse_run(json.dumps(document).encode())


@pytest.mark.parametrize("findings", [None, {}, "text", [None], [[]]])
def test_findings_that_are_no_list_of_findings_are_refused(findings: object) -> None:
    document = json.loads((GOLDEN / "run.json").read_bytes()) | {"findings": findings}

    with pytest.raises(ValueError, match=r"\$\.findings"):
        parse_run(json.dumps(document).encode())


def test_a_waived_finding_is_read_back_with_its_waiver(run: Run, tmp_path: Path) -> None:
    mark = WaiverMark(id="w-1", owner="ann", reason="moving", ticket="", expires="2026-12-24")
    waived = replace(run, findings=(replace(run.findings[0], waiver=mark), *run.findings[1:]))

    assert read_run(write_run(waived, (), tmp_path)) == waived
