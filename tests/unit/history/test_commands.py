"""`auditor history` and `auditor store`, as people call them."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import evidence_store
from auditor.baselines import set_baseline
from auditor.cli import history, store
from auditor.errors import ExitCode, UsageError
from auditor.history.records import RunState, moment_of
from auditor.history.store import open_store
from auditor.model.evidence import Evidence
from auditor.model.run import Run
from auditor.report import write_run

Call = Callable[..., str]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(command: Any, *words: str) -> str:
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        assert command.execute(parser.parse_args(words)) is ExitCode.COMPLIANT
        return capsys.readouterr().out

    return run


@pytest.fixture
def url(tmp_path: Path, night: Callable[..., Run]) -> str:
    """Return a store of twelve nights: one light that flaps, one that is off since the fourth, one that is on."""
    path = str(tmp_path / "history.db")
    with open_store(path) as opened:
        for day in range(1, 13):
            kitchen = "on" if day % 2 else "off\x1b[2J"
            rooms = {"kitchen": kitchen, "attic": "on" if day < 4 else "off", "hall": "on"}
            opened.record(night(day, {"house": rooms}, waived={("house", "attic"): "w-7"} if day > 3 else {}), [])
    return path


def test_history_shows_what_deviates_since_when_and_what_flaps(url: str, call: Call) -> None:
    told = call(history, "--store", url)

    assert "12 runs, 2026-11-01T02:00:00Z to 2026-11-12T02:00:00Z" in told
    assert "lights/attic: fail since 2026-11-04T02:00:00Z (9 runs), waived by w-7" in told
    assert "flipped 11 times in 12 runs; FLAPPING: 9 in its newest 10 runs" in told
    assert "policy lights, the newest 10 of 12 runs" in told
    assert "1 pass, 0 warn, 2 fail, 0 not known, 0 not applicable, 1 waived" in told
    assert "lights/hall" not in told
    assert "1 more checks are as they should be" in told


def test_history_of_one_server_shows_every_interval_and_lets_no_server_write_to_the_terminal(
    url: str, call: Call
) -> None:
    told = call(history, "--store", url, "--host", "house", "--check", "kitchen")

    assert told.count("1 run: pass: on") == 6
    assert told.count(r"1 run: fail: off\u001b[2J") == 6
    assert "\x1b" not in told


def test_history_as_json_holds_everything(url: str, call: Call) -> None:
    told = json.loads(call(history, "--store", url, "--format", "json"))

    assert told["schema"] == "auditor-history/1"
    assert [run["state"] for run in told["runs"]] == ["complete"] * 12
    assert [point["counts"]["pass"] for point in told["trend"]][-2:] == [2, 1]
    attic, hall, kitchen = told["checks"]
    assert (attic["since"], attic["waiver"], len(attic["intervals"])) == (
        {"run": "20261104T020000Z-aaaa", "at": "2026-11-04T02:00:00Z"},
        "w-7",
        2,
    )
    assert (hall["flips"], hall["runs"], kitchen["flapping"], kitchen["recent_flips"]) == (0, 12, True, 9)
    assert kitchen["intervals"][1]["actual"] == "off\x1b[2J"


def test_history_without_any_run_says_so(tmp_path: Path, call: Call) -> None:
    open_store(str(tmp_path / "history.db"))

    assert "no run is stored yet" in call(history, "--out", str(tmp_path))
    assert json.loads(call(history, "--out", str(tmp_path), "--format", "json"))["checks"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--host", "huose"), "unknown server 'huose'; did you mean 'house'?"),
        (("--check", "hal"), "unknown check 'hal'; did you mean 'hall'?"),
        (("--policy", "light"), "unknown policy 'light'; did you mean 'lights'?"),
    ],
)
def test_a_name_that_history_does_not_know_is_refused(
    url: str, call: Call, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        call(history, "--store", url, *words)

    assert str(caught.value) == message


def test_history_shows_an_interrupted_run(url: str, call: Call) -> None:
    with open_store(url) as opened, opened.begin_run("cut", "2026-11-13T02:00:00Z"):
        pass

    assert "run cut of 2026-11-13T02:00:00Z: interrupted, it ended without a result" in call(history, "--store", url)


def test_asking_for_help_waits_for_no_database_library(repository: Path) -> None:
    names = "auditor.cli.history, auditor.cli.store, auditor.cli.main"
    program = f"import sys, {names}; print([name for name in sys.modules if name in ('sqlalchemy', 'alembic')])"

    told = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)

    assert told.stdout == "[]\n"


def test_a_store_is_upgraded_once(tmp_path: Path, call: Call) -> None:
    url = str(tmp_path / "history.db")

    assert call(store, "upgrade", "--store", url) == "the history is upgraded\n"
    assert call(store, "upgrade", "--store", url) == "the history is of this version already\n"


def test_a_store_is_pruned_by_age_but_for_protected_runs(tmp_path: Path, call: Call, night: Callable[..., Run]) -> None:
    path = str(tmp_path / "history.db")
    with open_store(path) as opened:
        for days, light in ((300, "a"), (200, "b"), (100, "c"), (50, "d")):
            opened.record(aged(night(1, {"house": {"kitchen": light}}), days), [])

    told = call(store, "prune", "--store", path, "--keep", "90d", "--protect", "run-200")

    assert "2 runs pruned: 2 intervals, 2 states and 0 answers removed" in told
    with open_store(path) as opened:
        states = [run.state for run in opened.runs()]
    assert states == [RunState.PRUNED, RunState.COMPLETE, RunState.PRUNED, RunState.COMPLETE]
    assert "nothing is old enough" in call(store, "prune", "--store", path, "--keep", "500d")


def test_a_baseline_is_not_pruned(tmp_path: Path, call: Call, night: Callable[..., Run]) -> None:
    with open_store(str(tmp_path / "history.db")) as opened:
        for days, light in ((300, "a"), (200, "b"), (100, "c")):
            opened.record(aged(night(1, {"house": {"kitchen": light}}), days), [])
    set_baseline(tmp_path, "approved", tmp_path / "run-200", "run-200", datetime.now(UTC))

    call(store, "prune", "--out", str(tmp_path), "--keep", "1d")

    with open_store(str(tmp_path / "history.db")) as opened:
        assert [each.actual for each in opened.history()] == ["b", "c"]


def test_every_command_in_the_documentation_is_one(repository: Path) -> None:
    page = (repository / "docs" / "history.md").read_text(encoding="utf-8")
    commands = [line.split() for line in page.splitlines() if line.startswith(("auditor history", "auditor store"))]

    for _, name, *words in commands:
        parser = argparse.ArgumentParser()
        {"history": history, "store": store}[name].arguments(parser)
        parser.parse_args(words)

    assert {name for _, name, *_ in commands} == {"history", "store"}


def aged(run: Run, days: int) -> Run:
    moment = moment_of(int((datetime.now(UTC) - timedelta(days=days)).timestamp()))
    return replace(run, id=f"run-{days}", started=moment, finished=moment)


def test_a_protected_run_that_is_not_there_stops_the_pruning(url: str, call: Call) -> None:
    with pytest.raises(UsageError, match="--protect: unknown run '20261101'"):
        call(store, "prune", "--store", url, "--keep", "0d", "--protect", "20261101")

    with open_store(url) as opened:
        assert {run.state for run in opened.runs()} == {RunState.COMPLETE}


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1.5d", "90 days", "999999d"])
def test_an_age_is_days_or_weeks(url: str, call: Call, text: str) -> None:
    with pytest.raises(UsageError, match="is no age"):
        call(store, "prune", "--store", url, f"--keep={text}")


def test_runs_are_added_from_their_folders_once(
    tmp_path: Path,
    call: Call,
    night: Callable[..., Run],
    evidence_of: Callable[[Run], list[Evidence]],
) -> None:
    first, second = night(1, {"house": {"kitchen": "on"}}), night(2, {"house": {"kitchen": "off"}})
    for run in (first, second):
        lines = [evidence_store.write(each).encode("ascii") + b"\n" for each in evidence_of(run)]
        write_run(run, (), tmp_path, extra={"evidence.jsonl": lines})

    assert call(store, "add", "--out", str(tmp_path), second.id, first.id).count("is stored") == 2
    assert call(store, "add", "--out", str(tmp_path), "last") == ""

    with open_store(str(tmp_path / "history.db")) as opened:
        assert [each.actual for each in opened.history()] == ["on", "off"]
        assert list(opened.evidence(first.id)) == evidence_of(first)
