"""Check x reading -> verdict, with its grounds in words: pure. The only place where verdicts are made.

Not known is not compliant and not absent: what a probe cannot tell is `error`, and a condition that is not known
makes its checks `error`, never `not_applicable`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.looks import Conclude, Inputs
from auditor.matchers import MATCHERS, Operand
from auditor.model.answer import Answers
from auditor.model.finding import Verdict
from auditor.model.policy import Check, Expectation, InputCondition, Level, ProbeCondition, Scope, Tolerance
from auditor.model.probe import NotKnown, Reading
from auditor.model.unfrozen import unfrozen
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


_Filling = unfrozen(Conclusion)


def _concluded(verdict: Verdict, actual: str, reason: str, questions: tuple[str, ...]) -> Conclusion:
    made: Any = _Filling()
    made.verdict = verdict
    made.actual = actual
    made.reason = reason
    made.questions = questions
    made.__class__ = Conclusion
    return made  # type: ignore[no-any-return]  # it is one now


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clause:
    """An expectation made ready: its matcher is looked up, and it is put into words, once for all servers."""

    fact: str
    meets: Callable[[Value, Operand], bool]
    operand: Operand
    phrase: str


def expected(check: Check) -> str:
    """Return the expectation in words."""
    if check.scope is Scope.FLEET:
        return f"{' and '.join(check.agree_on)} the same on all servers"
    return "; ".join(clause.phrase for clause in _clauses(check.expect))


def unmet_input(condition: InputCondition) -> Callable[[Inputs, Answers], Conclusion | None]:
    """Return what gives why the condition does not hold; None when it does."""
    clauses = _clauses([condition.expect])
    not_applicable = Conclusion(verdict=Verdict.NOT_APPLICABLE, reason=condition.reason)
    return lambda inputs, _: not_applicable if _unmet(clauses, {condition.input: inputs[condition.input]}) else None


def unmet_probe(condition: ProbeCondition) -> Conclude[Conclusion | None]:
    """Return what gives why the condition does not hold, or that this is not known; None when it holds."""
    clauses = _clauses(condition.expect)

    def unmet(reading: Reading, questions: tuple[str, ...]) -> Conclusion | None:
        if isinstance(reading, NotKnown):
            text = f"whether the check applies is not known: {reading.reason}"
            return _concluded(Verdict.ERROR, "", text, questions)
        if not _unmet(clauses, reading.values):
            return None
        reason = _filled(condition.reason, reading.values)
        return _concluded(Verdict.NOT_APPLICABLE, reading.summary, reason, questions)

    return unmet


def comparing(check: Check) -> Conclude[Conclusion]:
    """Return what gives the verdict of a check, given that it applies."""
    clauses = _clauses(check.expect)
    deviation = Verdict.WARN if check.level is Level.WARNING else Verdict.FAIL
    tolerated = _tolerating(check.warn_when) if check.warn_when else _nothing_tolerated

    def compared(reading: Reading, questions: tuple[str, ...]) -> Conclusion:
        if isinstance(reading, NotKnown):
            return _concluded(Verdict.ERROR, "", f"not known: {reading.reason}", questions)
        values = reading.values
        unmet = _unmet(clauses, values)
        if not unmet:
            return _concluded(Verdict.PASS, reading.summary, "", questions)
        reason = tolerated(values)
        if reason is not None:
            return _concluded(Verdict.WARN, reading.summary, reason, questions)
        return _concluded(deviation, reading.summary, _differences(unmet, values), questions)

    return compared


def _tolerating(tolerance: Tolerance) -> Callable[[Mapping[str, Value]], str | None]:
    """Return what gives why a deviation is tolerated; None when it is not."""
    clauses = _clauses(tolerance.expect)
    return lambda values: None if _unmet(clauses, values) else _filled(tolerance.reason, values)


def _nothing_tolerated(_: Mapping[str, Value]) -> None:
    return None


def _clauses(expectations: Iterable[Expectation]) -> tuple[_Clause, ...]:
    return tuple(map(_clause, expectations))


def _clause(expectation: Expectation) -> _Clause:
    matcher, operand = MATCHERS[expectation.matcher], expectation.operand
    phrase = f"{expectation.fact} {matcher.phrase(operand)}"
    return _Clause(fact=expectation.fact, meets=matcher.meets, operand=operand, phrase=phrase)


def _unmet(clauses: Iterable[_Clause], values: Mapping[str, Value]) -> list[_Clause]:
    """Return the clauses that are not met; a fact that is not there meets none."""
    return [each for each in clauses if each.fact not in values or not each.meets(values[each.fact], each.operand)]


def _differences(unmet: Sequence[_Clause], values: Mapping[str, Value]) -> str:
    """Return what differs; facts that are not there follow from one that differs, and are named only without one."""
    there = [f"expected that {each.phrase}, found {show(values[each.fact])}" for each in unmet if each.fact in values]
    return "; ".join(there or [f"expected that {each.phrase}, found not there" for each in unmet])


def _filled(reason: str, values: Mapping[str, Value]) -> str:
    """Put the facts into a reason that names them as `{fact}`."""
    return _NAMED.sub(lambda named: _plain(values.get(named[1], "not known")), reason)


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else show(value)
