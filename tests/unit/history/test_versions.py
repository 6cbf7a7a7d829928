"""Versions of the store: made, refused with the command to run, upgraded, never altered unasked."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from auditor.history import versions
from auditor.history.database import Database, database_of
from auditor.history.records import StoreError
from auditor.history.store import open_existing, open_store, upgrade
from auditor.history.tables import METADATA, REVISIONS, VERSION_TABLE
from auditor.model.evidence import Evidence
from auditor.model.run import Run

MIGRATIONS = Path(versions.__file__).with_name("migrations")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    opened = database_of(store_url)
    if opened.creates_itself:
        opened.prepare()
    yield opened
    opened.engine.dispose()


def set_version(database: Database, version: str) -> None:
    with database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))


def tables_of(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
    return list(compare_metadata(context, METADATA))


def test_the_migrations_make_the_tables_that_the_program_works_with(store_url: str, database: Database):
    upgrade(store_url)

    with database.reading() as connection:
        assert tables_of(connection) == []


def test_a_store_that_is_made_at_once_is_what_the_migrations_make(tmp_path: Path):
    open_store(str(tmp_path / "at-once.db"))
    upgrade(str(tmp_path / "migrated.db"))

    assert content_of(tmp_path / "at-once.db") == content_of(tmp_path / "migrated.db")


def content_of(path: Path) -> tuple[list[object], list[object], list[object]]:
    """Return how SQLite wrote down its tables and indexes, letter by letter, how it keeps them, and the version."""
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        kept = [
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "user_version", "encoding")
        ]
        return made, kept, connection.execute(f"SELECT * FROM {VERSION_TABLE}").fetchall()


def test_every_migration_is_known_in_its_order():
    known = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]

    assert tuple(reversed(known)) == REVISIONS


def test_a_store_that_is_not_there_is_made_at_once_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "new" / "history.db"

    open_store(str(path))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert upgrade(str(path)) is False


def test_reading_makes_no_store(tmp_path: Path):
    with pytest.raises(StoreError, match="there is no history yet; `auditor run` begins one"):
        open_existing(str(tmp_path / "history.db"))

    assert list(tmp_path.iterdir()) == []


def test_a_store_of_an_older_version_is_refused_untouched_with_the_command_to_run(tmp_path: Path):
    url = str(tmp_path / "history.db")
    made_at(url, REVISIONS[0])
    before = Path(url).read_bytes()

    with pytest.raises(StoreError, match=f"older version; .*`auditor store upgrade --store {url}`"):
        open_store(url)

    assert Path(url).read_bytes() == before


def test_an_upgrade_keeps_what_is_stored_and_is_done_once(
    tmp_path: Path, night: Callable[..., Run], evidence_of: Callable[[Run], list[Evidence]]
):
    url = str(tmp_path / "history.db")
    made_at(url, REVISIONS[0])
    with closing(sqlite3.connect(url)) as connection, connection:
        connection.execute("INSERT INTO auditor_runs (key, id, state, started) VALUES (1, 'old', 'complete', 1)")

    assert upgrade(url) is True
    assert upgrade(url) is False

    run = night(1, {"hall": {"kitchen": "on"}})
    with open_store(url) as store:
        store.record(run, evidence_of(run))
        assert [each.id for each in store.runs()] == ["old", run.id]
        assert list(store.evidence(run.id)) == evidence_of(run)


def made_at(url: str, version: str) -> None:
    """Make a store as an older program would have."""
    database = database_of(url)
    database.prepare()
    with database.writing() as connection:
        versions._migrate(connection, version)
    database.engine.dispose()


def test_an_upgrade_that_fails_half_way_leaves_the_older_version(tmp_path: Path):
    url = str(tmp_path / "history.db")
    made_at(url, REVISIONS[0])
    with closing(sqlite3.connect(url)) as connection, connection:
        connection.execute("CREATE TABLE auditor_visits (in_the_way INTEGER)")

    with pytest.raises(StoreError, match="auditor_visits already exists"):
        upgrade(url)

    with closing(sqlite3.connect(url)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert "auditor_answers" not in names
        assert connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [(REVISIONS[0],)]


def test_a_store_of_a_newer_version_is_refused_even_for_an_upgrade(store_url: str, database: Database):
    upgrade(store_url)
    set_version(database, "9999")

    for attempt in (open_store, open_existing, upgrade):
        with pytest.raises(StoreError, match="newer auditor; update this one"):
            attempt(store_url)


def test_a_store_that_is_upgraded_while_it_is_open_is_not_written_by_the_older_program(
    store_url: str, database: Database, night: Callable[..., Run]
):
    with open_store(store_url) as store:
        set_version(database, "9999")

        with pytest.raises(StoreError, match="newer auditor"):
            store.record(night(1, {"hall": {"kitchen": "on"}}), [])


def test_another_program_s_database_is_not_touched(tmp_path: Path):
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    before = path.read_bytes()

    for attempt in (open_store, upgrade):
        with pytest.raises(StoreError, match="another program's"):
            attempt(str(path))

    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n" * 100)

    with pytest.raises(StoreError, match="this is no history"):
        open_store(str(path))

    assert path.read_text().startswith("not a database")


@pytest.mark.parametrize(
    "url", ["mysql://ann:secret@host/db", "", ":memory:", "sqlite://", "oracle://ann:p@ss@host?password=secret"]
)
def test_what_names_no_store_is_refused_without_showing_a_password(url: str):
    with pytest.raises(StoreError, match="names no store") as caught:
        open_store(url)

    assert "secret" not in str(caught.value)
    assert "p@ss" not in str(caught.value)
