"""Drift: what differs between two runs, told apart by cause."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.model.finding import Verdict


class ChangeKind(StrEnum):
    """What happened to one check on one server, or to a server as a whole."""

    NEW_DEVIATION = "new_deviation"
    RESOLVED = "resolved"
    STILL_DEVIATING = "still_deviating"
    VALUE_CHANGED = "value_changed"
    NEWLY_UNKNOWN = "newly_unknown"
    KNOWN_AGAIN = "known_again"
    APPLICABILITY_CHANGED = "applicability_changed"
    WAIVER_CHANGED = "waiver_changed"
    NEW_SERVER = "new_server"
    MISSING_SERVER = "missing_server"
    NEW_CHECK = "new_check"
    REMOVED_CHECK = "removed_check"


class Cause(StrEnum):
    """Whose change it is."""

    SERVER = "server"
    POLICY = "policy"
    INPUT = "input"
    WAIVER = "waiver"
    REACHABILITY = "reachability"
    AUDITOR = "auditor"
    INVENTORY = "inventory"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """One check on one server, in one run."""

    verdict: Verdict
    actual: str
    waived: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What changed, and whose change it is; `policy` and `check` are empty for a server as a whole.

    `since` is the start of the run in which the deviation was first seen, as far as the runs compared tell; for what
    does not deviate it is the start of the run in which the change was seen.
    """

    host: str
    policy: str = ""
    check: str = ""
    kind: ChangeKind
    causes: tuple[Cause, ...]
    before: State | None = None
    after: State | None = None
    since: str = ""
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """All changes against another run, sorted; `notes` names what could not be compared.

    `against` is the id of that run, empty when there was none to compare with yet.
    """

    against: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_beginning(self) -> bool:
        """Whether the run was to be compared with the last one, and is the first."""
        return not self.against


ALL_NEW = "there is no run to compare with yet, so every deviation counts as new"
BEGINNING = Drift(against="", changes=(), notes=(ALL_NEW,))
"""The drift of a first run."""


def deviates(verdict: Verdict) -> bool:
    """Return whether the verdict is a deviation: `warn` or `fail`."""
    return verdict in (Verdict.WARN, Verdict.FAIL)
