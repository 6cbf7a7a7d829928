"""What only a real PostgreSQL can show; that it keeps every promise of the store is tested in `tests/unit/history`."""

import importlib.util
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from auditor.history.database import database_of
from auditor.history.records import RunState, StoreError
from auditor.history.store import open_store, upgrade

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
        cut_off = [run.state for run in store.runs()]

    assert (running, cut_off) == ([RunState.RUNNING], [RunState.INTERRUPTED])
