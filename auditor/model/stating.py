"""What states the findings of one check: most of each is the same on every server, and a fleet has a million."""

from collections.abc import Callable
from typing import TypeAlias

from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.waiver import WaiverMark

Stating: TypeAlias = Callable[[str, Verdict, str, str, tuple[str, ...], WaiverMark | None], Finding]
"""Host, verdict, actual, reason, questions, waiver -> the finding."""

_SETTERS = [Finding.__dict__[name].__set__ for name in Finding.__slots__]


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
    """Return what states the findings of one check.

    It fills the slots itself, as the class does it, in less than half the time: a frozen dataclass sets each field by
    name.
    """
    # in the order of the fields
    (
        set_host,
        set_policy,
        set_check,
        set_title,
        set_level,
        set_severity,
        set_verdict,
        set_expected,
        set_actual,
        set_reason,
        set_reference,
        set_remediation,
        set_questions,
        set_waiver,
    ) = _SETTERS
    new = Finding.__new__

    def state(  # noqa: PLR0913, PLR0917  what differs from finding to finding
        host: str, verdict: Verdict, actual: str, reason: str, questions: tuple[str, ...], waiver: WaiverMark | None
    ) -> Finding:
        stated = new(Finding)
        set_host(stated, host)
        set_policy(stated, policy)
        set_check(stated, check)
        set_title(stated, title)
        set_level(stated, level)
        set_severity(stated, severity)
        set_verdict(stated, verdict)
        set_expected(stated, expected)
        set_actual(stated, actual)
        set_reason(stated, reason)
        set_reference(stated, reference)
        set_remediation(stated, remediation)
        set_questions(stated, questions)
        set_waiver(stated, waiver)
        return stated

    return state
