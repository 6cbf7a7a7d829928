"""What history tells: runs, intervals of one state, trends. Plain values; times are UTC, ISO 8601 with `Z`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from auditor.errors import UsageError
from auditor.model.finding import Verdict
from auditor.model.moment import show_moment


class StoreError(UsageError):
    """The store cannot be used as it is; it holds what it held before."""


class RunState(StrEnum):
    """How far a run came; of a pruned one only the dates, the counts and what other runs rest on are left."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    PRUNED = "pruned"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRun:
    """A run as history knows it; `finished` and `exit_code` are None for one that never got so far."""

    id: str
    state: RunState
    started: str
    finished: str | None
    version: str
    evidence_of: str
    servers_planned: int
    servers_judged: int
    checks_planned: int
    checks_judged: int
    exit_code: int | None
    exit_reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A run that saw something: its id, and when it began."""

    run: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """One state of one check on one server, as long as it lasted.

    `count` is the number of runs that found it so, `current` whether the newest run that judged the server by the
    policy did. `waiver` is the id of the waiver, empty when it was not waived.
    """

    host: str
    policy: str
    check: str
    verdict: Verdict
    actual: str
    reason: str
    waiver: str
    first: Seen
    last: Seen
    count: int
    current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """What one policy came to in one run: findings per verdict (every verdict is there), and how many are waived."""

    policy: str
    run: str
    started: str
    version: str
    digest: str
    counts: Mapping[str, int]
    waived: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What pruning removed, and the size of the store in bytes before and after."""

    runs: tuple[str, ...]
    intervals: int
    states: int
    answers: int
    before: int
    after: int


def epoch(text: str) -> int:
    """Return the seconds since 1970 of an ISO 8601 moment with a zone; raises `ValueError` for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return int(moment.timestamp())


def moment_of(seconds: int) -> str:
    """Return the moment in UTC as ISO 8601 with `Z`; `epoch(moment_of(n)) == n`."""
    return show_moment(datetime.fromtimestamp(seconds, UTC))
