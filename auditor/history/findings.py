"""Findings -> intervals: what is as it was costs no write; only what changed closes one interval and opens another."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, delete, select

from auditor.history.calendar import cover, covered_later, load_calendar, number_subjects, subjects_of
from auditor.history.shelf import Shelf
from auditor.history.spans import Span, put
from auditor.history.tables import CHECKS, CHUNK, INTERVALS, JUDGED, STATES, add
from auditor.model.finding import Finding, Verdict, in_order
from auditor.model.run import Run

Subject: TypeAlias = tuple[str, str]
"""A server (or the fleet) and a policy."""

Seat: TypeAlias = tuple[int, int]
"""One check on one server: the numbers of the subject (server and policy) and of the check."""

_TOGETHER = 20_000
"""Findings looked at together; the more, the fewer statements, and the more memory."""

_SPELLING = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Known:
    """A span and the digest of its state."""

    span: Span
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found, and the digest that names its state."""

    digest: bytes
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Change:
    """A check that is not as its interval says; `now` is None for one that is no longer judged."""

    seat: Seat
    before: tuple[Span, ...]
    now: _Found | None


def record_findings(connection: Connection, key: int, run: Run) -> None:
    """Store the findings of a run, whose row is there; what it said before of the same checks is replaced.

    They are gone through twice, and those of some servers are held at once.
    """
    seen = _seen(run)
    subjects = number_subjects(connection, seen.subjects)
    checks = Shelf(connection, CHECKS, CHECKS.c.name).numbers(seen.checks)
    already = subjects_of(connection, key)
    full = covered_later(connection, key) | already
    cover(connection, key, already | set(subjects.values()))
    for some in _servers(run, seen.subjects):
        seated = _seated(some, subjects, checks)
        changes = [each for part in _split(seated, full) for each in _changes(connection, key, part, seated)]
        _write(connection, key, changes)
    _tally(connection, key, run, seen.verdicts)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a run has findings of: servers with their policies (as judged or as asked for), checks; and the verdicts.

    `verdicts` counts the findings of each policy by verdict and by whether they are waived.
    """

    subjects: set[tuple[str, str]] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    verdicts: Counter[tuple[str, Verdict, bool]] = field(default_factory=Counter)


def _seen(run: Run) -> _Seen:
    seen = _Seen()
    seen.subjects.update((host.name, policy) for host in run.hosts for policy in host.policies)
    for finding in run.findings:
        seen.subjects.add((finding.host, finding.policy))
        seen.checks.add(finding.check)
        seen.verdicts[finding.policy, finding.verdict, finding.waiver is not None] += 1
    return seen


_Server: TypeAlias = tuple[Subject, list[Finding]]
"""A server with one policy, and what was found there."""


def _servers(run: Run, subjects: Collection[Subject]) -> Iterator[list[_Server]]:
    """Yield every subject with its findings, if there are any, so many at once that there is something to write."""
    nothing: Iterator[_Server] = ((subject, []) for subject in sorted(subjects))
    found = groupby(in_order(run.findings), lambda finding: (finding.host, finding.policy))
    judged: Iterator[_Server] = ((subject, list(group)) for subject, group in found)
    waiting: list[_Server] = []
    number = 0
    for subject, parts in groupby(merge(nothing, judged, key=itemgetter(0)), itemgetter(0)):
        findings = [finding for _, part in parts for finding in part]
        waiting.append((subject, findings))
        number += 1 + len(findings)
        if number >= _TOGETHER or len(waiting) == CHUNK:
            yield waiting
            waiting, number = [], 0
    if waiting:
        yield waiting


def digest_of(finding: Finding) -> bytes:
    """Return what names a state: the same verdict, value, reason and waiver have the same."""
    return sha256(_SPELLING.encode(_state(finding)).encode("ascii")).digest()


def _state(finding: Finding) -> tuple[str, str, str, str]:
    waiver = finding.waiver.id if finding.waiver else ""
    return finding.verdict.value, finding.actual, finding.reason, waiver


def _seated(
    servers: Iterable[_Server], subjects: Mapping[Subject, int], checks: Mapping[str, int]
) -> Mapping[int, Mapping[int, Finding]]:
    """Return the findings by subject and check; every subject is there."""
    return {
        subjects[subject]: {checks[finding.check]: finding for finding in findings} for subject, findings in servers
    }


@dataclass(frozen=True, slots=True)
class _Some:
    """Subjects to look at; of those that later runs have covered, every span matters and not the open one alone."""

    subjects: Collection[int]
    whole: bool


def _split(subjects: Iterable[int], full: Collection[int]) -> Iterator[_Some]:
    late = {subject for subject in subjects if subject in full}
    for some in (_Some(set(subjects) - late, whole=False), _Some(late, whole=True)):
        if some.subjects:
            yield some


def _changes(
    connection: Connection, key: int, some: _Some, seated: Mapping[int, Mapping[int, Finding]]
) -> Iterator[_Change]:
    known = _known(connection, some)
    for subject in some.subjects:
        findings = seated.get(subject, {})
        for check, finding in findings.items():
            spans = known.pop((subject, check), ())
            digest = digest_of(finding)
            if not any(each.span.holds_at(key) and each.digest == digest for each in spans):
                yield _Change((subject, check), tuple(each.span for each in spans), _Found(digest, finding))
    for seat, spans in known.items():
        if any(each.span.holds_at(key) for each in spans):
            yield _Change(seat, tuple(each.span for each in spans), None)


def _known(connection: Connection, some: _Some) -> dict[Seat, tuple[_Known, ...]]:
    columns = INTERVALS.c
    query = (
        select(columns.subject, columns.check, columns.first, columns.last, columns.state, STATES.c.digest)
        .join(STATES, STATES.c.key == columns.state)
        .where(columns.subject.in_(some.subjects))
    )
    found: dict[Seat, tuple[_Known, ...]] = {}
    for subject, check, first, last, state, digest in connection.execute(
        query if some.whole else query.where(columns.last.is_(None))
    ):
        each = _Known(Span(first=first, last=last, state=state), digest)
        found[subject, check] = (*found.get((subject, check), ()), each)
    return found


def _write(connection: Connection, key: int, changes: Collection[_Change]) -> None:
    if not changes:
        return
    states = _number_states(connection, [change.now for change in changes if change.now])
    calendar = load_calendar(connection, {change.seat[0] for change in changes})
    gone, fresh = [], []
    for change in changes:
        state = states[change.now.digest] if change.now else None
        after = put(change.before, calendar.covered(change.seat[0]), key, state)
        gone += [_row(change.seat, span) for span in change.before if span not in after]
        fresh += [_row(change.seat, span) for span in after if span not in change.before]
    if gone:
        names = ("subject", "check", "first")
        one = delete(INTERVALS).where(*(INTERVALS.c[name] == bindparam(f"the_{name}") for name in names))
        connection.execute(one, [{f"the_{name}": row[name] for name in names} for row in gone])
    add(connection, INTERVALS, fresh)


def _number_states(connection: Connection, found: Iterable[_Found]) -> Mapping[bytes, int]:
    by_digest = {each.digest: each.finding for each in found}
    names = ("verdict", "actual", "reason", "waiver")
    return Shelf(connection, STATES, STATES.c.digest).numbers(
        by_digest, lambda digest: dict(zip(names, _state(by_digest[digest]), strict=True))
    )


def _row(seat: Seat, span: Span) -> dict[str, int | None]:
    return {"subject": seat[0], "check": seat[1], "first": span.first, "last": span.last, "state": span.state}


def _tally(connection: Connection, key: int, run: Run, verdicts: Mapping[tuple[str, Verdict, bool], int]) -> None:
    """Store what each policy came to; small, and kept when the run is pruned."""
    rows: dict[str, dict[str, Any]] = {
        policy.id: dict.fromkeys((*(verdict.value for verdict in Verdict), "waived"), 0)
        | {"run": key, "policy": policy.id, "version": policy.version, "digest": policy.digest}
        for policy in run.policies
    }
    for (policy, verdict, is_waived), number in verdicts.items():
        row = rows.get(policy)
        if row is not None:
            row[verdict.value] += number
            row["waived"] += number if is_waived else 0
    connection.execute(delete(JUDGED).where(JUDGED.c.run == key))
    add(connection, JUDGED, rows.values())
