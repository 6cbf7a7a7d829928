"""PostgreSQL: advisory locks let one audit write at a time and tell which runs are alive."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from auditor.history.database import PATIENCE, hidden
from auditor.history.records import StoreError

_WRITER = int.from_bytes(b"auditor", "big")
"""The lock that whoever writes holds; far from the keys of runs, which lock by milliseconds since 1970."""


class PostgresqlDatabase:
    """A history in a database of its own or shared with others; made only by `auditor store upgrade`."""

    creates_itself = False

    def __init__(self, url: str) -> None:
        self.shown = hidden(url)
        try:
            parsed = make_url(url).set(drivername="postgresql+psycopg")
            self.engine = create_engine(parsed, poolclass=NullPool)
        except ModuleNotFoundError as error:
            raise StoreError(f"{self.shown}: {error.name} is missing; pip install 'auditor[postgres]'") from error
        except (ArgumentError, ValueError) as error:
            raise StoreError(f"{self.shown}: this is no URL; use postgresql://USER@HOST/DATABASE") from error

    def exists(self) -> bool:
        """Return True: a database is made by its administrator, and what it holds is seen when it is opened."""
        return True

    def prepare(self) -> None:
        """Do nothing, for the same reason."""

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that holds the writers' lock to its end."""
        with self.engine.connect() as connection, connection.begin():
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER})
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction on one snapshot."""
        with self.engine.connect() as opened:
            connection = opened.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def lease(self, run_id: str, key: int) -> Iterator[None]:
        """Hold a lock of a session of its own: the server lifts it when the connection ends."""
        with self._session() as session:
            if not session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
                raise StoreError(f"{self.shown}: run {run_id} is being made by another process; wait for it to end")
            yield

    def is_leased(self, run_id: str, key: int) -> bool:  # noqa: ARG002  locks go by numbers
        """Return whether another session holds the lock."""
        with self._session() as session:
            return not session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar()

    def reclaim(self) -> None:
        """Do nothing: autovacuum does."""

    def size(self) -> int:
        """Return what the tables of history take, with their indexes."""
        total = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c WHERE c.relkind = 'r'"
        ours = "AND c.relname LIKE 'auditor\\_%' AND pg_table_is_visible(c.oid)"
        with self._session() as session:
            return int(session.execute(text(f"{total} {ours}")).scalar_one())

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
