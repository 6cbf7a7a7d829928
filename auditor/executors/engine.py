"""What reads servers: the contract of an executor, and what it must be told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from auditor.collect import Executors
from auditor.ending import Ending
from auditor.model.evidence import Evidence
from auditor.model.planned import Planned


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What reading needs, wherever it happens.

    `jobs` is how many servers are read at once, `timeout` seconds per server, `attempts` counts the first one, too;
    `zones` are those of the plan with the number of their servers; `tell` shows a note to whoever began the audit,
    before any server is contacted.
    """

    jobs: int
    timeout: float
    attempts: int
    ending: Ending
    zones: Mapping[str, int]
    tell: Callable[[str], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """Where each server is read, what reads it there, what breaks all of it off, and how many can be under way."""

    executors: Executors
    read: Callable[[Planned], Evidence]
    break_off: Callable[[], object]
    most: int
