"""Check x reading -> verdict, with its grounds in words: pure. The only place where verdicts are made.

Not known is not compliant and not absent: what a probe cannot tell is `error`, and a condition that is not known
makes its checks `error`, never `not_applicable`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.looks import Inputs, Look
from auditor.matchers import MATCHERS
from auditor.model.answer import Answers
from auditor.model.finding import Verdict
from auditor.model.policy import Check, Expectation, InputCondition, Level, ProbeCondition, Scope
from auditor.model.probe import Facts, NotKnown
from auditor.model.value import Value, show

_NAMED = re.compile(r"\{([a-z0-9_]+)\}")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Conclusion:
    """A verdict with its grounds; `questions` are the text forms of what it rests on.

    Servers that give the same answers have the very same conclusion, so two of them are compared by identity.
    """

    verdict: Verdict
    actual: str = ""
    reason: str = ""
    questions: tuple[str, ...] = ()


def expected(check: Check) -> str:
    """Return the expectation in words."""
    if check.scope is Scope.FLEET:
        return f"{' and '.join(check.agree_on)} the same on all servers"
    return "; ".join(_phrase(expectation) for expectation in check.expect)


def unmet_input(condition: InputCondition, inputs: Inputs, _: Answers) -> Conclusion | None:
    """Return why the condition does not hold; None when it does."""
    met = _meets(condition.expect, {condition.input: inputs[condition.input]})
    return None if met else Conclusion(verdict=Verdict.NOT_APPLICABLE, reason=condition.reason)


def unmet_probe(condition: ProbeCondition, look: Look) -> Conclusion | None:
    """Return why the condition does not hold, or that this is not known; None when it holds."""
    reading = look.reading
    if isinstance(reading, NotKnown):
        text = f"whether the check applies is not known: {reading.reason}"
        return Conclusion(verdict=Verdict.ERROR, reason=text, questions=look.questions)
    if not _unmet(condition.expect, reading.values):
        return None
    reason = _filled(condition.reason, reading.values)
    return Conclusion(verdict=Verdict.NOT_APPLICABLE, actual=reading.summary, reason=reason, questions=look.questions)


def compare(check: Check, look: Look) -> Conclusion:
    """Return the verdict of a check, given that it applies."""
    match look.reading:
        case NotKnown(reason=reason):
            return Conclusion(verdict=Verdict.ERROR, reason=f"not known: {reason}", questions=look.questions)
        case Facts(values=values, summary=summary):
            verdict, reason = _weigh(check, values)
            return Conclusion(verdict=verdict, actual=summary, reason=reason, questions=look.questions)


def _weigh(check: Check, values: Mapping[str, Value]) -> tuple[Verdict, str]:
    unmet = _unmet(check.expect, values)
    if not unmet:
        return Verdict.PASS, ""
    differences = _differences(unmet, values)
    if check.warn_when and not _unmet(check.warn_when.expect, values):
        return Verdict.WARN, _filled(check.warn_when.reason, values)
    return (Verdict.WARN if check.level is Level.WARNING else Verdict.FAIL), differences


def _unmet(expectations: Iterable[Expectation], values: Mapping[str, Value]) -> list[Expectation]:
    return [expectation for expectation in expectations if not _meets(expectation, values)]


def _meets(expectation: Expectation, values: Mapping[str, Value]) -> bool:
    """Return whether a fact meets its expectation; a fact that is not there meets none."""
    if expectation.fact not in values:
        return False
    return MATCHERS[expectation.matcher].meets(values[expectation.fact], expectation.operand)


def _phrase(expectation: Expectation) -> str:
    return f"{expectation.fact} {MATCHERS[expectation.matcher].phrase(expectation.operand)}"


def _differences(unmet: Sequence[Expectation], values: Mapping[str, Value]) -> str:
    """Return what differs; facts that are not there follow from one that differs, and are named only without one."""
    there = [expectation for expectation in unmet if expectation.fact in values]
    return "; ".join(_difference(expectation, values) for expectation in there or unmet)


def _difference(expectation: Expectation, values: Mapping[str, Value]) -> str:
    found = show(values[expectation.fact]) if expectation.fact in values else "not there"
    return f"expected that {_phrase(expectation)}, found {found}"


def _filled(reason: str, values: Mapping[str, Value]) -> str:
    """Put the facts into a reason that names them as `{fact}`."""
    return _NAMED.sub(lambda named: _plain(values.get(named[1], "not known")), reason)


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else show(value)
