"""Which runs covered which server with which policy. The same coverage is stored once, however many nights it lasts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection, select, update
from sqlalchemy.sql.elements import ColumnElement

from auditor.history.tables import COVERAGES, COVERED, RUNS, SUBJECTS, add, chunks, next_key


@dataclass(frozen=True, slots=True)
class Calendar:
    """The runs that covered each subject (a server with a policy), in order."""

    coverages: Mapping[int, tuple[int, ...]]
    runs: Mapping[int, Sequence[int]]
    _merged: dict[tuple[int, ...], Sequence[int]] = field(default_factory=dict)

    def covered(self, subject: int) -> Sequence[int]:
        """Return the runs that covered the subject, in order; none for one that is not known."""
        coverages = self.coverages.get(subject, ())
        if coverages not in self._merged:
            self._merged[coverages] = sorted(run for coverage in coverages for run in self.runs.get(coverage, ()))
        return self._merged[coverages]


def load_calendar(connection: Connection, subjects: Collection[int] | None = None) -> Calendar:
    """Return the calendar of these subjects, or of all."""
    runs: dict[int, list[int]] = {}
    for coverage, run in connection.execute(select(RUNS.c.coverage, RUNS.c.key).where(RUNS.c.coverage.is_not(None))):
        runs.setdefault(coverage, []).append(run)
    if subjects is None:
        return Calendar(_coverages(connection, None), runs)
    found: dict[int, tuple[int, ...]] = {}
    for chunk in chunks(subjects):
        found |= _coverages(connection, COVERED.c.subject.in_(chunk))
    return Calendar(found, runs)


def subjects_of(connection: Connection, run: int) -> set[int]:
    """Return what a run covers so far; nothing for one that is not recorded."""
    query = select(COVERED.c.subject).join(RUNS, RUNS.c.coverage == COVERED.c.coverage).where(RUNS.c.key == run)
    return set(connection.execute(query).scalars())


def covered_later(connection: Connection, run: int) -> set[int]:
    """Return the subjects that runs which began later have covered already."""
    later = select(RUNS.c.coverage).where(RUNS.c.key > run, RUNS.c.coverage.is_not(None)).distinct()
    query = select(COVERED.c.subject).where(COVERED.c.coverage.in_(later)).distinct()
    return set(connection.execute(query).scalars())


def number_subjects(connection: Connection, names: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Return the number of each (host, policy); new ones are made."""
    known = {(host, policy): key for key, host, policy in connection.execute(select(SUBJECTS))}
    fresh = sorted(set(names) - known.keys())
    numbered = dict(zip(fresh, range(start := next_key(connection, SUBJECTS), start + len(fresh)), strict=True))
    add(
        connection,
        SUBJECTS,
        ({"key": key, "host": host, "policy": policy} for (host, policy), key in numbered.items()),
    )
    return {name: known.get(name) or numbered[name] for name in names}


def cover(connection: Connection, run: int, subjects: Collection[int]) -> None:
    """Say that the run covers these subjects."""
    ordered = sorted(subjects)
    digest = sha256(repr(ordered).encode("ascii")).digest()
    key = connection.execute(select(COVERAGES.c.key).where(COVERAGES.c.digest == digest)).scalar()
    if key is None:
        key = next_key(connection, COVERAGES)
        add(connection, COVERAGES, [{"key": key, "digest": digest}])
        add(connection, COVERED, ({"coverage": key, "subject": subject} for subject in ordered))
    connection.execute(update(RUNS).where(RUNS.c.key == run).values(coverage=key))


def _coverages(connection: Connection, which: ColumnElement[bool] | None) -> dict[int, tuple[int, ...]]:
    query = select(COVERED.c.subject, COVERED.c.coverage).order_by(COVERED.c.coverage)
    found: dict[int, tuple[int, ...]] = {}
    for subject, coverage in connection.execute(query if which is None else query.where(which)):
        found[subject] = (*found.get(subject, ()), coverage)
    return found
