"""A comparison of two stored runs for programs: what `auditor diff --format json` prints."""

from dataclasses import dataclass

from auditor.model.drift import Change

SCHEMA = "auditor-diff/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One of the two runs: `started` is UTC, ISO 8601 with `Z`; `version` is that of the auditor that made it."""

    id: str
    started: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffDocument:
    """What changed from one run to another; the schema is generated from this class.

    `notes` name what could not be compared. `worse` names what changed for the worse, which the exit code comes from.
    """

    schema: str
    before: Compared
    after: Compared
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    worse: tuple[str, ...]
