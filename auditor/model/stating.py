"""What states the findings of one check: most of each is the same on every server, and a fleet has a million."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.unfrozen import unfrozen
from auditor.model.waiver import WaiverMark

Stating: TypeAlias = Callable[[str, Verdict, str, str, tuple[str, ...], WaiverMark | None], Finding]
"""Host, verdict, actual, reason, questions, waiver -> the finding."""

SHARED = ("policy", "check", "title", "level", "severity", "expected", "reference", "remediation")
"""What all findings of a check share, as `stating` takes it."""
shared_by = attrgetter(*SHARED)

_Filling = unfrozen(Finding)


def stating(  # noqa: PLR0913  what every finding of a check shares
    *,
    policy: str,
    check: str,
    title: str,
    level: Level,
    severity: Severity,
    expected: str,
    reference: str,
    remediation: str,
) -> Stating:
    """Return what states the findings of one check, each equal to what the class itself makes."""

    def state(  # noqa: PLR0913, PLR0917  what differs from finding to finding
        host: str, verdict: Verdict, actual: str, reason: str, questions: tuple[str, ...], waiver: WaiverMark | None
    ) -> Finding:
        stated: Any = _Filling()
        stated.host = host
        stated.policy = policy
        stated.check = check
        stated.title = title
        stated.level = level
        stated.severity = severity
        stated.verdict = verdict
        stated.expected = expected
        stated.actual = actual
        stated.reason = reason
        stated.reference = reference
        stated.remediation = remediation
        stated.questions = questions
        stated.waiver = waiver
        stated.__class__ = Finding
        return stated  # type: ignore[no-any-return]  # it is one now

    return state
