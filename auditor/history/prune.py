"""Pruning: what no kept run rests on goes; dates, counts and trends of pruned runs stay, a few hundred bytes each."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, Table, bindparam, delete, select, update

from auditor.history.calendar import Calendar, load_calendar
from auditor.history.evidence import answers_in, manifests_in
from auditor.history.records import RunState
from auditor.history.spans import Span, runs_of
from auditor.history.tables import ANSWERS, INTERVALS, LATEST, MANIFESTS, RUNS, STATES, VISITS, chunks

_PAGE, _FEW = 5000, 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Removed:
    """What went."""

    runs: tuple[str, ...]
    intervals: int
    states: int
    answers: int


def prune(connection: Connection, before: int, protected: frozenset[str]) -> Removed:
    """Remove what only runs that began before this second rest on; see `Store.prune` for what is kept."""
    old = _old(connection, before, protected)
    if not old:
        return Removed(runs=(), intervals=0, states=0, answers=0)
    calendar = load_calendar(connection)
    kept = _all_runs(connection) - old.keys()
    for run in _waived_first(connection, calendar, kept) & old.keys():
        del old[run]
        kept.add(run)
    intervals = _drop_intervals(connection, calendar, kept)
    for chunk in chunks(old):
        connection.execute(update(RUNS).where(RUNS.c.key.in_(chunk)).values(state=RunState.PRUNED.value))
        connection.execute(delete(VISITS).where(VISITS.c.run.in_(chunk)))
    states = _keep_only(connection, STATES, connection.execute(select(INTERVALS.c.state).distinct()).scalars())
    answers = _drop_evidence(connection)
    return Removed(runs=tuple(old.values()), intervals=intervals, states=states, answers=answers)


def _old(connection: Connection, before: int, protected: Collection[str]) -> dict[int, str]:
    """Return key and id of the runs that may go."""
    query = select(RUNS.c.key, RUNS.c.id, RUNS.c.state, RUNS.c.started).order_by(RUNS.c.key)
    rows = connection.execute(query).all()
    newest = max((row.key for row in rows if row.state == RunState.COMPLETE), default=None)
    ended = [row for row in rows if row.state in (RunState.COMPLETE, RunState.INTERRUPTED)]
    return {row.key: row.id for row in ended if row.started < before and row.id not in protected and row.key != newest}


def _all_runs(connection: Connection) -> set[int]:
    return set(connection.execute(select(RUNS.c.key).where(RUNS.c.state != RunState.PRUNED.value)).scalars())


def _spans(connection: Connection) -> Iterator[tuple[Row[Any], Span]]:
    columns = INTERVALS.c
    query = select(INTERVALS, STATES.c.waiver).join(STATES, STATES.c.key == columns.state)
    for row in connection.execute(query, execution_options={"yield_per": _PAGE}):
        yield row, Span(first=row.first, last=row.last, state=row.state)


def _waived_first(connection: Connection, calendar: Calendar, kept: Collection[int]) -> set[int]:
    """Return the runs in which what kept runs show as waived was first waived."""
    return {
        span.first for row, span in _spans(connection) if row.waiver and _rested_on(span, calendar, row.subject, kept)
    }


def _rested_on(span: Span, calendar: Calendar, subject: int, kept: Collection[int]) -> bool:
    runs: Sequence[int] = runs_of(span, calendar.covered(subject))
    return any(run in kept for run in reversed(runs))  # what is kept is mostly new


def _drop_intervals(connection: Connection, calendar: Calendar, kept: Collection[int]) -> int:
    names = ("subject", "check", "first")
    gone = [
        {f"the_{name}": getattr(row, name) for name in names}
        for row, span in _spans(connection)
        if not _rested_on(span, calendar, row.subject, kept)
    ]
    if gone:
        connection.execute(
            delete(INTERVALS).where(*(INTERVALS.c[name] == bindparam(f"the_{name}") for name in names)), gone
        )
    return len(gone)


def _drop_evidence(connection: Connection) -> int:
    """Remove the manifests and answers that no visit rests on; return the number of answers."""
    manifests: set[int] = set()
    answers: set[int] = set()
    for content in _streamed(connection, select(VISITS.c.content)).scalars():
        for manifest, instead in manifests_in(content):
            manifests.add(manifest)
            answers.update(instead)
    query = select(MANIFESTS.c.key, MANIFESTS.c.content)
    for row in _streamed(connection, query):
        if row.key in manifests:
            answers.update(answers_in(row.content))
    _keep_only(connection, MANIFESTS, manifests)
    # a number is used again some day: nothing may be left that leads to what had it before
    rest = select(MANIFESTS.c.key)
    connection.execute(delete(LATEST).where(LATEST.c.manifest.not_in(rest)))
    return _keep_only(connection, ANSWERS, answers)


def _streamed(connection: Connection, query: Select[Any]) -> CursorResult[Any]:
    return connection.execute(query, execution_options={"yield_per": _FEW})


def _keep_only(connection: Connection, table: Table, keys: Iterable[int]) -> int:
    kept = sorted(keys)
    every = connection.execute(select(table.c.key)).scalars()
    gone = [key for key in every if kept[(place := bisect_left(kept, key)) : place + 1] != [key]]
    for chunk in chunks(gone):
        connection.execute(delete(table).where(table.c.key.in_(chunk)))
    return len(gone)
