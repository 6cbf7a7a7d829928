"""Two findings of one check -> what happened to it: pure."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from auditor.drift.grounds import Key, is_same
from auditor.model.drift import ChangeKind, State, deviates
from auditor.model.finding import Finding, Verdict, in_order, order
from auditor.model.run import Run
from auditor.model.unfrozen import unfrozen

_Filling = unfrozen(State)


def state_of(finding: Finding) -> State:
    """Return what a change keeps of a finding."""
    return _state(finding.verdict, finding.actual, finding.waiver is not None)


def differing(before: Run, after: Run) -> tuple[Key, ...]:
    """Return the checks that are in both runs and found another state in each, in the order of reports."""
    return tuple(key for key, old, new in paired(before, after) if old and new and not is_same(old, new))


def paired(before: Run, after: Run) -> Iterator[tuple[Key, Finding | None, Finding | None]]:
    """Yield each check of either run in the order of reports, with what each run found; neither run is held."""
    olds, news = _by_key(before.findings), _by_key(after.findings)
    old, new = next(olds, None), next(news, None)
    while old or new:
        if new is None or (old is not None and old[0] < new[0]):
            assert old is not None
            yield *old, None
            old = next(olds, None)
        elif old is None or new[0] < old[0]:
            yield new[0], None, new[1]
            new = next(news, None)
        else:
            yield *old, new[1]
            old, new = next(olds, None), next(news, None)


def _by_key(findings: Sequence[Finding]) -> Iterator[tuple[Key, Finding]]:
    """Yield the findings in order, of several of the same check the last."""
    waiting: tuple[Key, Finding] | None = None
    for finding in in_order(findings):
        key = order(finding)
        if waiting is not None and waiting[0] != key:
            yield waiting
        waiting = key, finding
    if waiting is not None:
        yield waiting


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
    made: Any = _Filling()
    made.verdict = verdict
    made.actual = actual
    made.waived = waived
    made.__class__ = State
    return made  # type: ignore[no-any-return]  # it is one now
