"""Two findings of one check -> what happened to it: pure."""

from functools import cache, lru_cache

from auditor.drift.grounds import Key
from auditor.model.drift import ChangeKind, State, deviates
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import Run


def state_of(finding: Finding) -> State:
    """Return what a change keeps of a finding."""
    return _state(finding.verdict, finding.actual, finding.waiver is not None)


def is_same(old: Finding, new: Finding) -> bool:
    """Return whether the same was found; a waiver has no part in that."""
    return old.verdict is new.verdict and old.actual == new.actual


def differing(before: Run, after: Run) -> frozenset[Key]:
    """Return the checks that are in both runs and found another state in each."""
    old = {order(finding): finding for finding in before.findings}
    pairs = ((key := order(new), old.get(key), new) for new in after.findings)
    return frozenset(key for key, earlier, new in pairs if earlier is not None and not is_same(earlier, new))


def kind_of(old: Finding, new: Finding) -> ChangeKind | None:
    """Return what happened between two findings of one check; None when there is nothing to say."""
    if old.verdict is not new.verdict:
        return _kind_of_verdicts(old.verdict, new.verdict)
    if old.actual != new.actual:
        return ChangeKind.VALUE_CHANGED
    if old.waiver != new.waiver:
        return ChangeKind.WAIVER_CHANGED
    return ChangeKind.STILL_DEVIATING if deviates(new.verdict) else None


@cache
def _kind_of_verdicts(old: Verdict, new: Verdict) -> ChangeKind:
    """Tell two different verdicts apart: a failure that was a warning is a new one, the reverse still deviates."""
    match old, new:
        case _, Verdict.ERROR:
            return ChangeKind.NEWLY_UNKNOWN
        case Verdict.ERROR, _:
            return ChangeKind.KNOWN_AGAIN
        case (_, Verdict.NOT_APPLICABLE) | (Verdict.NOT_APPLICABLE, Verdict.PASS):
            return ChangeKind.APPLICABILITY_CHANGED
        case Verdict.FAIL, Verdict.WARN:
            return ChangeKind.STILL_DEVIATING
        case _, Verdict.PASS:
            return ChangeKind.RESOLVED
        case _:
            return ChangeKind.NEW_DEVIATION


@lru_cache(maxsize=4096)
def _state(verdict: Verdict, actual: str, waived: bool) -> State:  # noqa: FBT001  a cache is keyed by position
    """Return the state; many servers are found in the same one, which is held once."""
    return State(verdict=verdict, actual=actual, waived=waived)
