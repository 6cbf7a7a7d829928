"""Killed processes, several writers, a full disk: history is never half a run."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest
from sqlalchemy import event

from auditor.history.records import RunState, StoreError
from auditor.history.store import Store, open_store
from auditor.model.evidence import Evidence
from auditor.model.run import Run

WRITER = Path(__file__).with_name("writer.py")
SERVERS, CHECKS = 20, 10


@pytest.fixture
def writer(repository: Path) -> Callable[..., "subprocess.Popen[str]"]:
    def start(*words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen([sys.executable, WRITER, *words], cwd=repository, stdout=subprocess.PIPE, text=True)

    return start


@contextmanager
def killed_at_the_end(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    with process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def assert_whole(store: Store) -> int:
    """Every complete run has all its findings and all its evidence, and no other run has any; return how many."""
    complete = [run.id for run in store.runs() if run.state is RunState.COMPLETE]
    seen: Counter[tuple[str, str]] = Counter()
    for interval in store.history():
        seen[interval.host, interval.check] += interval.count
        assert {interval.first.run, interval.last.run} <= set(complete)
    assert len(seen) == (SERVERS * CHECKS if complete else 0)
    assert set(seen.values()) <= {len(complete)}
    assert [len(list(store.evidence(run))) for run in complete] == [SERVERS] * len(complete)
    return len(complete)


def test_a_process_killed_within_its_transaction_leaves_an_interrupted_run_and_nothing_of_it(
    store_url: str, writer, night
):
    with killed_at_the_end(writer(store_url, "stuck", "killed")) as process:
        assert next_line(process) == "inside\n"
        process.kill()

    with open_store(store_url) as store:
        assert [(run.id, run.state) for run in store.runs()] == [("killed", RunState.INTERRUPTED)]
        assert list(store.history()) == []
        with store.begin_run("20261103T020000Z-next", "2026-11-03T02:00:00Z"):
            store.record(night(3, {"hall": {"kitchen": "on"}}, suffix="next"), [])
        assert [run.state for run in store.runs()] == [RunState.INTERRUPTED, RunState.COMPLETE]


def test_readers_see_the_state_before_while_another_process_writes(store_url: str, writer, night):
    with open_store(store_url) as store:
        store.record(night(1, {"hall": {"kitchen": "on"}}), [])

        with killed_at_the_end(writer(store_url, "stuck", "slow")) as process:
            assert next_line(process) == "inside\n"
            during = [each.actual for each in store.history()], [run.state for run in store.runs()]

    assert during == (["on"], [RunState.COMPLETE, RunState.RUNNING])


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_process_killed_at_any_moment_leaves_only_whole_runs(store_url: str, writer, after: int):
    with killed_at_the_end(writer(store_url, "many", "run", "500")) as process:
        for _ in range(after):
            next_line(process)
        time.sleep(0.013 * after)
        process.kill()

    with open_store(store_url) as store:
        assert assert_whole(store) >= after


def test_several_processes_that_begin_with_no_store_and_write_at_once_all_get_their_runs_in(store_url: str, writer):
    processes = [writer(store_url, "many", name, "5") for name in ("one", "two", "three")]
    ended = [process.communicate(timeout=120) for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], ended
    with open_store(store_url) as store:
        assert {run.state for run in store.runs()} == {RunState.COMPLETE}
        assert assert_whole(store) == 15


def test_a_full_disk_leaves_history_as_it_was_and_says_what_to_do(
    tmp_path: Path, night: Callable[..., Run], evidence_of: Callable[[Run], list[Evidence]]
):
    rooms = [f"room-{number}" for number in range(500)]
    with open_store(str(tmp_path / "history.db")) as store:
        first = night(1, {"hall": dict.fromkeys(rooms, "on")})
        store.record(first, evidence_of(first))
        before, size = list(store.history()), store.size()

        def little_room(connection: Connection, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count={size // 4096 + 2}")

        event.listen(store._database.engine, "connect", little_room)
        second = night(2, {"hall": {room: f"{room} is {'dark ' * 50}" for room in rooms}})
        with pytest.raises(StoreError, match=r"no space is left .*holds what it held before.*store prune"):
            store.record(second, evidence_of(second))

        assert list(store.history()) == before
        assert [run.id for run in store.runs()] == [first.id]
        event.remove(store._database.engine, "connect", little_room)
        store.record(second, evidence_of(second))
        assert list(store.evidence(second.id)) == evidence_of(second)


def test_a_run_that_ends_in_an_error_leaves_nothing_beside_the_history(tmp_path: Path):
    with (
        pytest.raises(KeyboardInterrupt),
        open_store(str(tmp_path / "history.db")) as store,
        store.begin_run("20261101T020000Z-aaaa", "2026-11-01T02:00:00Z"),
    ):
        raise KeyboardInterrupt

    assert [path.name for path in tmp_path.iterdir()] == ["history.db"]
