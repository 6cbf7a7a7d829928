"""Baselines: names for approved runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.baselines import baseline_folder, baselines, remove_baseline, set_baseline
from auditor.errors import RunNotFoundError, UsageError

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("run-1", "run-2"):
        (tmp_path / "reports" / name).mkdir(parents=True)
    return tmp_path / "reports"


def test_a_baseline_leads_to_the_run_it_was_set_to_last(out: Path) -> None:
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)
    set_baseline(out, "approved", out / "run-2", "run-2", NOON)

    assert baseline_folder(out, "approved") == out / "run-2"
    assert [(each.name, each.run, each.set) for each in baselines(out)] == [
        ("approved", "run-2", "2026-11-24T12:00:00Z")
    ]


def test_baselines_move_with_their_reports_folder(out: Path, tmp_path: Path) -> None:
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)

    moved = out.rename(tmp_path / "archive")

    assert baseline_folder(moved, "approved") == moved / "run-1"


def test_the_link_to_the_newest_run_is_not_what_is_named(out: Path) -> None:
    (out / "latest").symlink_to("run-1", target_is_directory=True)
    set_baseline(out, "approved", out / "latest", "run-1", NOON)

    (out / "latest").unlink()
    (out / "latest").symlink_to("run-2", target_is_directory=True)

    assert baseline_folder(out, "approved") == out / "run-1"


def test_a_removed_baseline_is_gone_and_its_run_stays(out: Path) -> None:
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)

    remove_baseline(out, "approved")

    assert baselines(out) == ()
    assert (out / "run-1").is_dir()
    with pytest.raises(RunNotFoundError, match="has none; make one with `auditor baseline set approved RUN`"):
        baseline_folder(out, "approved")


@pytest.mark.parametrize("act", [baseline_folder, remove_baseline])
@pytest.mark.parametrize("name", ["aproved", "", "../run-1", "a\0b", "x" * 5000])
def test_a_name_that_is_not_there_is_answered_with_those_that_are(out: Path, act, name) -> None:
    (out / "run-1.json").touch()
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)

    with pytest.raises(RunNotFoundError, match="approved"):
        act(out, name)
    assert (out / "run-1.json").exists()


@pytest.mark.parametrize("name", ["", ".hidden", "../x", "a/b", "a\0b", "x" * 101, "with space"])
def test_a_name_that_is_no_plain_name_is_refused(out: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a baseline"):
        set_baseline(out, name, out / "run-1", "run-1", NOON)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_baseline_is_named(out: Path, content: bytes) -> None:
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)
    (out / "baselines" / "approved.json").write_bytes(content)

    with pytest.raises(RunNotFoundError, match=r"approved\.json: this is no baseline .*; set it again"):
        baseline_folder(out, "approved")


def test_a_baseline_that_cannot_be_written_leaves_the_old_one_and_no_rest(out: Path) -> None:
    set_baseline(out, "approved", out / "run-1", "run-1", NOON)
    (out / "baselines" / "taken.json").mkdir()

    with pytest.raises(UsageError, match=r"taken\.json: cannot be written"):
        set_baseline(out, "taken", out / "run-1", "run-1", NOON)

    assert sorted(path.name for path in (out / "baselines").iterdir()) == ["approved.json", "taken.json"]
