"""What is asked of history: intervals, trends, names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, select

from auditor.history.calendar import Calendar, load_calendar
from auditor.history.records import Interval, Seen, Trend, moment_of
from auditor.history.spans import Span, runs_of
from auditor.history.tables import CHECKS, INTERVALS, JUDGED, RUNS, STATES, SUBJECTS
from auditor.model.finding import Verdict

_PAGE = 5000


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What history knows of by name."""

    hosts: frozenset[str]
    policies: frozenset[str]
    checks: frozenset[str]


def intervals(
    connection: Connection, *, host: str | None, check: str | None, policy: str | None, by_check: bool
) -> Iterator[Interval]:
    """Yield the intervals, by host, policy, check and time, or by policy, check, host and time; None stands for all."""
    calendar = load_calendar(connection)
    seen = {key: Seen(run=name, at=moment_of(started)) for key, name, started in connection.execute(_runs())}
    wanted = {SUBJECTS.c.host: host, CHECKS.c.name: check, SUBJECTS.c.policy: policy}
    query = _intervals(by_check=by_check).where(
        *(column == name for column, name in wanted.items() if name is not None)
    )
    for row in connection.execute(query, execution_options={"yield_per": _PAGE}):
        told = _interval(row, calendar, seen)
        if told is not None:
            yield told


def trend(connection: Connection, policy: str | None) -> tuple[Trend, ...]:
    """Return what each policy came to in each run, by policy and time."""
    query = select(JUDGED, RUNS.c.id, RUNS.c.started).join(RUNS, RUNS.c.key == JUDGED.c.run)
    chosen = query if policy is None else query.where(JUDGED.c.policy == policy)
    rows = connection.execute(chosen.order_by(JUDGED.c.policy, JUDGED.c.run)).mappings()
    return tuple(
        Trend(
            policy=row["policy"],
            run=row["id"],
            started=moment_of(row["started"]),
            version=row["version"],
            digest=row["digest"],
            counts={verdict.value: row[verdict.value] for verdict in Verdict},
            waived=row["waived"],
        )
        for row in rows
    )


def names(connection: Connection) -> Names:
    """Return what history knows of by name."""
    return Names(
        hosts=_all(connection, SUBJECTS.c.host),
        policies=_all(connection, SUBJECTS.c.policy),
        checks=_all(connection, CHECKS.c.name),
    )


def _all(connection: Connection, column: Column[Any]) -> frozenset[str]:
    return frozenset(connection.execute(select(column).distinct()).scalars())


def _runs() -> Select[Any]:
    return select(RUNS.c.key, RUNS.c.id, RUNS.c.started)


def _intervals(*, by_check: bool) -> Select[Any]:
    columns = INTERVALS.c
    what = (SUBJECTS.c.host, SUBJECTS.c.policy, CHECKS.c.name)
    ordered = (SUBJECTS.c.policy, CHECKS.c.name, SUBJECTS.c.host) if by_check else what
    state = (STATES.c.verdict, STATES.c.actual, STATES.c.reason, STATES.c.waiver)
    return (
        select(columns.subject, columns.first, columns.last, columns.state, *what, *state)
        .join(SUBJECTS, SUBJECTS.c.key == columns.subject)
        .join(CHECKS, CHECKS.c.key == columns.check)
        .join(STATES, STATES.c.key == columns.state)
        .order_by(*ordered, columns.first)
    )


def _interval(row: Row[Any], calendar: Calendar, seen: dict[int, Seen]) -> Interval | None:
    covered = calendar.covered(row.subject)
    runs = runs_of(Span(first=row.first, last=row.last, state=row.state), covered)
    if not runs:
        return None
    return Interval(
        host=row.host,
        policy=row.policy,
        check=row.name,
        verdict=Verdict(row.verdict),
        actual=row.actual,
        reason=row.reason,
        waiver=row.waiver,
        first=seen[row.first],
        last=seen[runs[-1]],
        count=len(runs),
        current=row.last is None,
    )
