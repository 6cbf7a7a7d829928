"""The store of history: each run whole or not at all, whoever else writes and whatever ends the process."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from auditor.history import exports, prune, queries, runs
from auditor.history.database import Database, database_of, explained
from auditor.history.evidence import read_evidence, record_evidence
from auditor.history.exports import Link
from auditor.history.findings import record_findings
from auditor.history.records import Interval, Pruned, StoredRun, StoreError, Trend
from auditor.history.versions import make_if_empty, require_current, upgrade_store
from auditor.model.evidence import Evidence
from auditor.model.run import Run


class Store:
    """An open history; a context manager. Nothing is kept open between two calls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.engine.dispose()

    @contextmanager
    def begin_run(self, run_id: str, started: str) -> Iterator[None]:
        """Mark a run as running for as long as the block lasts, and as interrupted when it was not recorded in it.

        When the process is killed, the next one that opens the store sees that it is gone. Runs that were left so
        before are marked now. Raises `StoreError` for a run that is stored already.
        """
        with ExitStack() as leases:
            with explained(self._database), self._writing() as connection:
                runs.mark_left_behind(connection, self._database)
                key = runs.begin(connection, run_id, started)
                # held before the row can be seen, so that nobody takes the run for one that is dead
                leases.enter_context(self._database.lease(run_id, key))
            reason = "it ended without a result"
            try:
                yield
            except BaseException as error:
                reason = str(error) or type(error).__name__
                raise
            finally:
                with suppress(StoreError):  # the lease ends all the same, so the next process marks it
                    self._end_unrecorded(key, reason)

    def record(self, run: Run, evidence: Iterable[Evidence]) -> None:
        """Store a run and its evidence in one transaction.

        An interrupted run may be recorded again, with more in it. A run that began before others that are stored
        takes its place among them. Raises `StoreError`; then the store holds what it held before.
        """
        with explained(self._database), self._writing() as connection:
            key = runs.begin(connection, run.id, run.started)
            record_findings(connection, key, run)
            record_evidence(connection, key, evidence)
            runs.end(connection, key, run)

    def runs(self) -> tuple[StoredRun, ...]:
        """Return all runs, oldest first."""
        with explained(self._database), self._database.reading() as connection:
            return runs.list_runs(connection, self._database)

    def history(
        self, host: str | None = None, check: str | None = None, policy: str | None = None, *, by_check: bool = False
    ) -> Iterator[Interval]:
        """Yield the intervals by host, policy, check and time, or `by_check`: by policy, check, host and time."""
        with explained(self._database), self._database.reading() as connection:
            yield from queries.intervals(connection, host=host, check=check, policy=policy, by_check=by_check)

    def names(self) -> queries.Names:
        """Return the servers, policies and checks there are."""
        with explained(self._database), self._database.reading() as connection:
            return queries.names(connection)

    def trend(self, policy: str | None = None) -> tuple[Trend, ...]:
        """Return what each policy came to in each run, by policy and time; pruned runs are among them."""
        with explained(self._database), self._database.reading() as connection:
            return queries.trend(connection, policy)

    def evidence(self, run_id: str) -> Iterator[Evidence]:
        """Yield the evidence of a run, exactly as it was recorded; raises `StoreError` when it is not there."""
        with explained(self._database), self._database.reading() as connection:
            yield from read_evidence(connection, run_id)

    @contextmanager
    def next_export(self) -> Iterator[Link]:
        """Give the link of the next export to the one before; while the block lasts, every other one waits.

        The export is the newest one from now on if the block ends well and says with `Link.sealed` what it made.
        """
        with explained(self._database), self._writing() as connection:
            link = Link(exports.newest(connection))
            yield link
            exports.add(connection, link)

    def size(self) -> int:
        """Return the bytes the store takes."""
        with explained(self._database):
            return self._database.size()

    def prune(self, before: datetime, protected: Collection[str] = ()) -> Pruned:
        """Remove the runs that began before this moment, but nothing that another run rests on.

        Kept are: the newest complete run, the runs whose ids are `protected` (baselines), what the kept runs found
        and since when, and the run in which a finding that a kept run shows as waived was first waived. Dates,
        counts and trends of pruned runs stay.
        """
        size = self.size()
        with explained(self._database):
            with self._writing() as connection:
                pruned = prune.prune(connection, int(before.timestamp()), frozenset(protected))
            self._database.reclaim()
        return Pruned(
            runs=pruned.runs,
            intervals=pruned.intervals,
            states=pruned.states,
            answers=pruned.answers,
            before=size,
            after=self.size(),
        )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            require_current(connection, self._database)  # another process may have upgraded it meanwhile
            yield connection

    def _end_unrecorded(self, key: int, reason: str) -> None:
        with explained(self._database), self._writing() as connection:
            runs.interrupt(connection, key, reason)


def open_store(url: str) -> Store:
    """Open the history at a URL or path, SQLite being made when it is not there.

    Raises `StoreError`, with the command to run, for a store of another version, and for one that cannot be opened.
    """
    database = database_of(url)
    with explained(database):
        if database.creates_itself:
            make_if_empty(database)
        return _checked(database)


def open_existing(url: str) -> Store:
    """Open the history at a URL or path to read it; raises `StoreError` when there is none, and makes none."""
    database = database_of(url)
    if not database.exists():
        raise StoreError(f"{database.shown}: there is no history yet; `auditor run` begins one")
    with explained(database):
        return _checked(database)


def upgrade(url: str) -> bool:
    """Make a store, or bring it to this program's version; return whether there was anything to do."""
    return upgrade_store(database_of(url))


def _checked(database: Database) -> Store:
    with database.reading() as connection:
        require_current(connection, database)
    return Store(database)
