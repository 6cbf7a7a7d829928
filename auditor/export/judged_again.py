"""Evidence that names were hidden in, judged again: what follows from it must be what followed before."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.errors import UsageError
from auditor.export.redact import Redactor
from auditor.model.finding import Finding, order


def as_before(again: Iterable[Finding], before: Iterable[Finding], redactor: Redactor) -> tuple[Finding, ...]:
    """Return the findings of redacted evidence with the waivers of those before.

    Raises `UsageError` when they are not the same findings with the same verdicts.
    """
    earlier: Mapping[tuple[str, str, str], Finding] = {order(each): each for each in map(redactor.value, before)}
    found = tuple(again)
    for finding in found:
        there = earlier.get(order(finding))
        if there is None or there.verdict is not finding.verdict:
            _refuse(finding, there)
    if len(found) != len(earlier):
        raise UsageError(
            f"the run has {len(earlier)} findings, and judging its redacted evidence gives {len(found)}; "
            "judge the run again with `auditor run --evidence`, and export that"
        )
    return tuple(replace(finding, waiver=earlier[order(finding)].waiver) for finding in found)


def _refuse(finding: Finding, before: Finding | None) -> None:
    said = f"the run says {before.verdict}" if before else "the run has no such finding"
    raise UsageError(
        f"{finding.policy}/{finding.check} on {finding.host} would be {finding.verdict} when the redacted evidence is "
        f"judged again, but {said}: a name that is hidden is also a word that the check rests on, or another version "
        "of auditor judged the run; hide less with --redact, or judge the run again with `auditor run --evidence`"
    )
