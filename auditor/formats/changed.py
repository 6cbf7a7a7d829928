"""What changed, by the finding it is about."""

from collections.abc import Mapping
from typing import TypeAlias

from auditor.model.drift import Change
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import Run
from auditor.novelty import became_worse, is_new

Key: TypeAlias = tuple[str, str, str]
"""Host, policy and check of a finding (`auditor.model.finding.order`)."""


def changes_of(run: Run) -> Mapping[Key, Change]:
    """Return the changes of single checks; none where no run was compared."""
    told = run.drift.changes if run.drift else ()
    return {(change.host, change.policy, change.check): change for change in told if change.check}


def counts_as_new(finding: Finding, changes: Mapping[Key, Change]) -> bool:
    """Tell whether it deviates or is not known in this run, and did not in the run compared with."""
    change = changes.get(order(finding))
    if change is None:
        return False
    if finding.verdict is Verdict.ERROR:
        return became_worse(finding, change)
    return is_new(finding, change, (Verdict.FAIL, Verdict.WARN))
