"""SQLite: one file, write-ahead log, one writer at a time."""

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from auditor.history.database import PATIENCE
from auditor.history.lease import file_lease, is_file_leased
from auditor.history.records import StoreError

_TRANSACTION = "auditor_transaction"
"""The execution option that says how a transaction begins; empty for statements that must stand outside of one."""
_ATTEMPTS = 50


class SqliteDatabase:
    """A history in a file; `-wal` and `-shm` beside it belong to it as long as it is open."""

    creates_itself = True

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.shown = path
        url = URL.create("sqlite", database=path)
        self.engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PATIENCE})
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "begin", _begin)

    def exists(self) -> bool:
        """Return whether the file is there."""
        return self._path.is_file()

    def prepare(self) -> None:
        """Make the file, readable by its owner only, because evidence tells how servers are set up."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise StoreError(f"{self.shown}: {error.strerror}; name another file with --store") from error
        if self._path.stat().st_size == 0:  # nothing of another program's file is changed
            self._write_ahead()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that holds the write lock from its beginning, so that it cannot fail for it later."""
        with self._beginning("BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction; the write-ahead log lets it see one state while another writes."""
        with self._beginning("BEGIN") as connection, connection.begin():
            yield connection

    def lease(self, run_id: str, key: int) -> AbstractContextManager[None]:  # noqa: ARG002  files go by the id
        """Hold a lock on a file beside the store."""
        return file_lease(self._lease_file(run_id))

    def is_leased(self, run_id: str, key: int) -> bool:  # noqa: ARG002  files go by the id
        """Return whether somebody holds the lock."""
        return is_file_leased(self._lease_file(run_id))

    def reclaim(self) -> None:
        """Write the file anew without its free pages; while others read it, its pages are used again instead."""
        with suppress(OperationalError), self._beginning("") as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        """Return the size of the file and of what is not yet moved into it."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _lease_file(self, run_id: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{run_id}.running")

    @contextmanager
    def _beginning(self, statement: str) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection.execution_options(**{_TRANSACTION: statement})

    def _write_ahead(self) -> None:
        """Switch the log on; kept in the file. SQLite does not wait for the lock this needs, so this does."""
        for _ in range(_ATTEMPTS):
            with suppress(OperationalError), self._beginning("") as connection:
                if connection.exec_driver_sql("PRAGMA journal_mode=WAL").scalar() == "wal":
                    return
            time.sleep(0.1)
        with self._beginning("") as connection:  # not possible here, for example on a network drive: tell why
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _configure(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver would begin transactions of its own, and too late
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options()[_TRANSACTION]:
        connection.exec_driver_sql(statement)
