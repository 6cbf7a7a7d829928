"""Check x evidence -> finding: pure. The only place where verdicts are made.

Not known is not compliant and not absent: what a probe cannot tell is `error`, and a condition that is not known
makes its checks `error`, never `not_applicable`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.bind import bind_parameters
from auditor.matchers import MATCHERS
from auditor.model.answer import Answers
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Check, Condition, Expectation, InputCondition, Level, Policy, Scope, Template
from auditor.model.probe import Facts, NotKnown, Probe, Reading
from auditor.model.question import spell
from auditor.model.value import Value, show

_NAMED = re.compile(r"\{([a-z0-9_]+)\}")
Inputs = Mapping[str, Value]
Probes = Mapping[str, Probe]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """A verdict with its grounds; `questions` are the text forms of what it rests on."""

    verdict: Verdict
    actual: str = ""
    reason: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One probe with its parameters, looked at in one server's evidence."""

    reading: Reading
    questions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What judging one server by one policy needs: its evidence, the bound inputs, the probes."""

    evidence: Evidence
    inputs: Inputs
    probes: Probes

    def look(self, probe: str, parameters: Template) -> Look:
        """Return what the probe reads in the evidence."""
        known = self.probes[probe]
        bound = bind_parameters(parameters, self.inputs, known)
        questions = known.questions(bound)
        answers: Answers = self.evidence.answers
        return Look(reading=known.read(bound, answers), questions=tuple(spell(question) for question in questions))


def judge(policy: Policy, bench: Bench) -> Iterator[Finding]:
    """Yield a finding for each check of scope server, in the policy's order."""
    gate = first_obstacle(policy.applies_when, bench)
    for check in policy.checks:
        if check.scope is Scope.SERVER:
            yield finding(policy, check, bench.evidence.server, gate or conclude(check, bench))


def conclude(check: Check, bench: Bench) -> Conclusion:
    """Return the verdict of one check on one server, given that its policy applies."""
    obstacle = first_obstacle(check.applies_when, bench)
    return obstacle or _compare(check, bench.look(check.probe, check.parameters))


def finding(policy: Policy, check: Check, host: str, conclusion: Conclusion) -> Finding:
    """Return the finding that states a conclusion."""
    return Finding(
        host=host,
        policy=policy.id,
        check=check.id,
        title=check.title,
        level=check.level,
        severity=check.severity,
        verdict=conclusion.verdict,
        expected=expected(check),
        actual=conclusion.actual,
        reason=conclusion.reason,
        reference=check.reference,
        remediation=check.remediation,
        questions=conclusion.questions,
    )


def expected(check: Check) -> str:
    """Return the expectation in words."""
    if check.scope is Scope.FLEET:
        return f"{' and '.join(check.agree_on)} the same on all servers"
    return "; ".join(_phrase(expectation) for expectation in check.expect)


def first_obstacle(conditions: Sequence[Condition], bench: Bench) -> Conclusion | None:
    """Return why something does not apply, or that this is not known; None when it applies."""
    if bench.evidence.status is Status.UNREACHABLE:
        return Conclusion(verdict=Verdict.ERROR, reason=f"server not reached: {bench.evidence.reason}")
    for condition in conditions:
        if obstacle := _obstacle(condition, bench):
            return obstacle
    return None


def _obstacle(condition: Condition, bench: Bench) -> Conclusion | None:
    if isinstance(condition, InputCondition):
        value = bench.inputs[condition.input]
        met = _meets(condition.expect, {condition.input: value})
        return None if met else Conclusion(verdict=Verdict.NOT_APPLICABLE, reason=condition.reason)
    look = bench.look(condition.probe, condition.parameters)
    reading = look.reading
    if isinstance(reading, NotKnown):
        text = f"whether the check applies is not known: {reading.reason}"
        return Conclusion(verdict=Verdict.ERROR, reason=text, questions=look.questions)
    if not _unmet(condition.expect, reading.values):
        return None
    reason = _filled(condition.reason, reading.values)
    return Conclusion(verdict=Verdict.NOT_APPLICABLE, actual=reading.summary, reason=reason, questions=look.questions)


def _compare(check: Check, look: Look) -> Conclusion:
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
