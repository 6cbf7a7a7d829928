"""The rows of runs: begun, ended, or left by a process that is gone."""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from auditor.history.database import Database
from auditor.history.records import RunState, StoredRun, StoreError, epoch, moment_of
from auditor.history.tables import RUNS
from auditor.model.run import Run

_KILLED = "its process ended without a word"


def begin(connection: Connection, run_id: str, started: str) -> int:
    """Make the row of a run that begins, or use that of one that was interrupted; return its key.

    Raises `StoreError` for a run that is complete.
    """
    found = connection.execute(select(RUNS.c.key, RUNS.c.state).where(RUNS.c.id == run_id)).one_or_none()
    if found is None:
        key = _free_key(connection, epoch(started))
        connection.execute(
            insert(RUNS).values(key=key, id=run_id, state=RunState.RUNNING.value, started=epoch(started))
        )
        return key
    if found.state in (RunState.COMPLETE, RunState.PRUNED):
        raise StoreError(f"run {run_id} is stored already; a stored run is never changed")
    running = RUNS.update().where(RUNS.c.key == found.key)
    connection.execute(running.values(state=RunState.RUNNING.value, exit_reason=""))
    return int(found.key)


def end(connection: Connection, key: int, run: Run) -> None:
    """Fill the row from the run."""
    covered = run.coverage
    connection.execute(
        update(RUNS)
        .where(RUNS.c.key == key)
        .values(
            state=(RunState.INTERRUPTED if run.interrupted else RunState.COMPLETE).value,
            started=epoch(run.started),
            finished=epoch(run.finished),
            version=run.version,
            evidence_of=run.evidence_of,
            servers_planned=covered.servers_planned,
            servers_judged=covered.servers_judged,
            checks_planned=covered.checks_planned,
            checks_judged=covered.checks_judged,
            exit_code=int(run.exit_code),
            exit_reason=run.exit_reason,
        )
    )


def interrupt(connection: Connection, key: int, reason: str) -> None:
    """Mark a run that did not end as one that was interrupted."""
    running = update(RUNS).where(RUNS.c.key == key, RUNS.c.state == RunState.RUNNING.value)
    connection.execute(running.values(state=RunState.INTERRUPTED.value, exit_reason=reason))


def left_behind(connection: Connection, database: Database) -> dict[int, str]:
    """Return key and id of the runs that are marked as running and whose process is gone."""
    query = select(RUNS.c.key, RUNS.c.id).where(RUNS.c.state == RunState.RUNNING.value)
    return {key: run_id for key, run_id in connection.execute(query) if not database.is_leased(run_id, key)}


def mark_left_behind(connection: Connection, database: Database) -> None:
    """Mark the runs whose process is gone as interrupted."""
    for key in left_behind(connection, database):
        interrupt(connection, key, _KILLED)


def list_runs(connection: Connection, database: Database) -> tuple[StoredRun, ...]:
    """Return all runs, oldest first; one whose process is gone is told as interrupted, marked so yet or not."""
    killed = left_behind(connection, database)
    return tuple(
        _stored(row, killed=row.key in killed) for row in connection.execute(select(RUNS).order_by(RUNS.c.key))
    )


def _stored(row: Row[Any], *, killed: bool) -> StoredRun:
    return StoredRun(
        id=row.id,
        state=RunState.INTERRUPTED if killed else RunState(row.state),
        started=moment_of(row.started),
        finished=None if row.finished is None else moment_of(row.finished),
        version=row.version,
        evidence_of=row.evidence_of,
        servers_planned=row.servers_planned,
        servers_judged=row.servers_judged,
        checks_planned=row.checks_planned,
        checks_judged=row.checks_judged,
        exit_code=row.exit_code,
        exit_reason=_KILLED if killed else row.exit_reason,
    )


def _free_key(connection: Connection, started: int) -> int:
    first = started * 1000
    within = RUNS.c.key.between(first, first + 999)
    newest = connection.execute(select(func.max(RUNS.c.key)).where(within)).scalar()
    return first if newest is None else int(newest) + 1
