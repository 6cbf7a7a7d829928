"""A database by its URL: how it is opened, locked and told of. One class per engine; both promise the same."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from auditor.history.records import StoreError

PATIENCE = 120
"""Seconds to wait for another audit that is writing."""

_UNTOUCHED = "history holds what it held before"


class Database(Protocol):
    """What the store needs of an engine."""

    engine: Engine
    shown: str
    creates_itself: bool

    def exists(self) -> bool:
        """Return whether there is anything to open, without making it."""

    def prepare(self) -> None:
        """Make what can be made before the first table: the file."""

    def writing(self) -> AbstractContextManager[Connection]:
        """Open the one transaction that may write; others wait. Left by an exception, it leaves nothing."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the store, whoever writes meanwhile."""

    def lease(self, run_id: str, key: int) -> AbstractContextManager[None]:
        """Hold what ends with this process, however it ends."""

    def is_leased(self, run_id: str, key: int) -> bool:
        """Return whether the process of a run still lives."""

    def reclaim(self) -> None:
        """Give space back to the system where that needs asking."""

    def size(self) -> int:
        """Return the bytes the store takes."""


def database_of(url: str) -> Database:
    """Return the database of a URL or of a path (SQLite); raises `StoreError` for anything else."""
    if re.match(r"postgres(ql)?(\+psycopg)?://", url):
        from auditor.history.postgresql import PostgresqlDatabase  # noqa: PLC0415  the driver is an extra

        return PostgresqlDatabase(url)
    path = re.sub(r"^sqlite:///", "", url)
    if "://" in path or not path or path == ":memory:":
        raise StoreError(
            f"{hidden(url)!r} names no store: use a path, sqlite:///PATH, or postgresql://USER@HOST/DATABASE"
        )
    from auditor.history.sqlite import SqliteDatabase  # noqa: PLC0415  as above

    return SqliteDatabase(path)


def hidden(url: str) -> str:
    """Return the URL with stars for a password, in its user part or its query."""
    return re.sub(r"(?i)([?&](?:ssl)?password=)[^&]*", r"\1***", re.sub(r"(://[^/@:]*):.*@", r"\1:***@", url))


@contextmanager
def explained(database: Database) -> Iterator[None]:
    """Turn what the engine says into `StoreError`, with what to do next."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{database.shown}: {_advice(str(error.orig))}") from error
    except database.engine.dialect.loaded_dbapi.Error as error:  # from COPY, which goes to the driver itself
        raise StoreError(f"{database.shown}: {_advice(str(error))}") from error


def _advice(text: str) -> str:
    said = " ".join(text.split())
    lowered = said.lower()
    if "locked" in lowered or "lock timeout" in lowered or "canceling statement due to lock" in lowered:
        return f"another audit has been writing for more than {PATIENCE} seconds; {_UNTOUCHED}: try again"
    if "full" in lowered or "no space" in lowered:
        return f"no space is left ({said}); {_UNTOUCHED}: make room, or `auditor store prune`"
    if "not a database" in lowered or "malformed" in lowered:
        return f"this is no history ({said}); name another file with --store"
    return f"{said}; {_UNTOUCHED}: put this right, or name another store with --store"
