"""What a comparison says of one finding: is the deviation new, did it become worse? Pure."""

from collections.abc import Collection

from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import Finding, Verdict

_BADNESS = {Verdict.WARN: 1, Verdict.FAIL: 2}
_STEADY = (ChangeKind.STILL_DEVIATING, ChangeKind.VALUE_CHANGED)


def is_new(finding: Finding, change: Change, counted: Collection[Verdict]) -> bool:
    """Tell whether the finding counts now, and did not in the run compared with.

    It did not count there when it was no such deviation, was waived, was not known, or was not judged at all. What was
    waived and is no longer is therefore new, and so is what was a warning where only failing findings count.
    """
    if finding.verdict not in counted:
        return False
    before = _before(change)
    return change.kind not in _STEADY if before is None else before not in counted


def became_worse(finding: Finding, change: Change) -> bool:
    """Tell whether the finding is worse than in the run compared with.

    Worse is a pass, or what did not apply, was not judged, not known or waived, that deviates now; a warning that fails
    now; and what was known and is not any more. Another wrong value is not worse, and a check that no longer applies
    is not.
    """
    before = _before(change)
    if finding.verdict is Verdict.ERROR:
        return before not in (None, Verdict.ERROR)
    now = _BADNESS.get(finding.verdict, 0)
    if before is None:
        return bool(now) and change.kind not in _STEADY
    return now > _BADNESS.get(before, 0)


def _before(change: Change) -> Verdict | None:
    """Return the verdict of before, None when there was none; a waived one counted for nothing, as if it passed."""
    before = change.before
    if before is None:
        return None
    return Verdict.PASS if before.waived and before.verdict is not Verdict.ERROR else before.verdict
