"""What only a real PostgreSQL can show; that it keeps every promise of the store is tested in `tests/unit/history`."""

import importlib.util
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from auditor.errors import ExitCode
from auditor.history.database import database_of
from auditor.history.records import RunState, StoreError
from auditor.history.store import Store, open_store, upgrade
from auditor.lab.costs import Costs
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Scenario

pytestmark = pytest.mark.interop

_place = Path(__file__).parents[1] / "unit" / "history" / "cluster.py"
_spec = importlib.util.spec_from_file_location("postgresql_cluster", _place)
assert _spec is not None
assert _spec.loader is not None
_cluster = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cluster)


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    if why := _cluster.missing():
        pytest.skip(why)
    with _cluster.cluster() as running:
        yield running


@pytest.fixture
def url(socket: Path) -> Iterator[str]:
    with _cluster.database(socket, f"history_{uuid.uuid4().hex}") as made:
        yield made


def test_a_database_is_not_filled_with_tables_unasked(url: str) -> None:
    with pytest.raises(StoreError, match="holds no history yet; make it with `auditor store upgrade --store"):
        open_store(url)

    assert upgrade(url) is True
    with open_store(url) as store:
        assert store.runs() == ()


def test_a_database_may_hold_other_programs_tables(url: str) -> None:
    database = database_of(url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE runs (name text); CREATE TABLE alembic_version (version_num text)"))

    assert upgrade(url) is True
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 0


def test_a_database_that_is_not_there_is_told_without_the_password(url: str) -> None:
    wrong = url.replace("/history_", "/missing_").replace("postgres@", "postgres:hunter2@")

    with pytest.raises(StoreError, match="does not exist") as caught:
        open_store(wrong)

    assert "hunter2" not in str(caught.value)


def test_the_names_that_postgresql_goes_by_are_all_taken(url: str) -> None:
    upgrade(url)

    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        with open_store(url.replace("postgresql", scheme, 1)) as store:
            assert store.runs() == ()


def test_a_run_whose_connection_the_server_ended_is_told_as_interrupted(url: str) -> None:
    upgrade(url)

    with open_store(url) as store, store.begin_run("20261101T020000Z-aaaa", "2026-11-01T02:00:00Z"):
        running = [run.state for run in store.runs()]
        with database_of(url).reading() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            )
        # the server ends a connection when it comes to it
        _wait_until(lambda: [run.state for run in store.runs()] == [RunState.INTERRUPTED])

    assert running == [RunState.RUNNING]


def test_collectors_that_record_at_the_same_time_are_all_stored_whole(url: str, tmp_path: Path) -> None:
    upgrade(url)
    names = ("north", "south", "west")
    with ExitStack() as running, open_store(url) as store:
        fleets = [running.enter_context(_site(name)) for name in names]
        audits = [
            running.enter_context(_audit(fleet, tmp_path / name, url))
            for name, fleet in zip(names, fleets, strict=True)
        ]
        _wait_until(lambda: [run.state for run in store.runs()] == [RunState.RUNNING] * 3)
        with database_of(url).writing() as connection:
            # nobody gets ahead: all three stand in line to record before the first one may
            waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            _wait_until(lambda: connection.execute(waiting).scalar() == 3)
        said = [audit.communicate(timeout=60)[0] for audit in audits]

        assert [audit.returncode for audit in audits] == [ExitCode.FINDINGS] * 3, said
        written = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/*-*/run.json"))]
        ids = [run["run"]["id"] for run in written]
        assert {run.id: run.state for run in store.runs()} == dict.fromkeys(ids, RunState.COMPLETE)
        assert [_stored(store, name) for name in ids] == [_counted(run) for run in written]


def _stored(store: Store, run: str) -> Counter[tuple[str, str]]:
    """Return what the store tells of a run that is the first of its servers: servers and verdicts, counted."""
    servers = ((evidence.server, "") for evidence in store.evidence(run))
    found = ((each.host, str(each.verdict)) for each in store.history() if each.first.run == run)
    return Counter([*servers, *found])


def _counted(run: dict[str, Any]) -> Counter[tuple[str, str]]:
    servers = ((host["name"], "") for host in run["hosts"])
    return Counter([*servers, *((finding["host"], finding["verdict"]) for finding in run["findings"])])


@contextmanager
def _site(name: str) -> Iterator[Fleet]:
    """Run servers of one site, slow enough that audits of three sites overlap."""
    states = load_scenario(find_scenario("small")).servers
    slow = tuple(replace(state, name=f"{name}-{state.name}", costs=Costs(script=2.0)) for state in states)
    with Fleet.start(Scenario(name=name, servers=slow)) as fleet:
        yield fleet


@contextmanager
def _audit(fleet: Fleet, folder: Path, url: str) -> Iterator["subprocess.Popen[str]"]:
    folder.mkdir()
    fleet.write_inventory(folder / "inventory.yaml")
    words = ["--policy", "exchange-2007-owa-ssl-offloading", "--inventory", str(folder / "inventory.yaml")]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "run", *words, "--out", str(folder), "--store", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
