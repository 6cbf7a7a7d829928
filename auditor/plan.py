"""Policies x servers -> the questions to ask, each once: pure. Contradicting policies are found here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter

from auditor.bind import bind_inputs, bind_parameters
from auditor.conclude import unmet_input
from auditor.matchers import MATCHERS
from auditor.model.inventory import Server
from auditor.model.planned import Planned
from auditor.model.policy import Check, Expectation, Policy, ProbeCondition, Template
from auditor.model.probe import Probe
from auditor.model.question import Question
from auditor.model.value import Value, show

Inputs = Mapping[str, Value]
Probes = Mapping[str, Probe]

_KEPT = 256
"""How many kinds of servers are remembered with their questions; more are as many as there are servers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """A server, and the policies it is to be judged by."""

    server: Server
    policies: tuple[Policy, ...]


def plan(assignments: Iterable[Assignment], given: Inputs, probes: Probes) -> Iterator[Planned]:
    """Yield what to ask each server; `given` are the inputs of the command line, which outrank the inventory's.

    Servers of one plan that are asked the same share their questions: they are worked out, and held, once.
    """
    known: dict[str, tuple[Question, ...]] = {}
    for assignment in assignments:
        inputs = {**assignment.server.inputs, **given}
        bound = [(policy, bind_inputs(policy, inputs)) for policy in assignment.policies]
        alike = repr([(policy.id, sorted(taken.items(), key=itemgetter(0))) for policy, taken in bound])
        if alike not in known:
            if len(known) == _KEPT:
                known.clear()
            questions = {question for policy, taken in bound for question in questions_of(policy, taken, probes)}
            known[alike] = tuple(sorted(questions))
        yield Planned(
            server=assignment.server,
            policies=tuple(policy.id for policy in assignment.policies),
            inputs=inputs,
            questions=known[alike],
        )


def questions_of(policy: Policy, inputs: Inputs, probes: Probes) -> set[Question]:
    """Return every question that the policy's checks and conditions may need."""
    return {
        question
        for name, parameters in _looks(policy, inputs)
        for question in probes[name].questions(bind_parameters(parameters, inputs, probes[name]))
    }


def _looks(policy: Policy, inputs: Inputs) -> Iterator[tuple[str, Template]]:
    for condition in policy.applies_when:
        if isinstance(condition, ProbeCondition):
            yield condition.probe, condition.parameters
    for check in policy.checks:
        yield from _looks_of(check, inputs)


def _looks_of(check: Check, inputs: Inputs) -> Iterator[tuple[str, Template]]:
    """Yield what the check looks at, up to an input by which it does not apply: what is behind that is not judged.

    Where a site says that a port is closed, nothing is to knock on it, and no failure there to tell of.
    """
    for condition in check.applies_when:
        if isinstance(condition, ProbeCondition):
            yield condition.probe, condition.parameters
        elif unmet_input(condition)(inputs, {}):
            return
    yield check.probe, check.parameters


def contradictions(policies: Sequence[Policy], given: Inputs, probes: Probes) -> list[str]:
    """Return in words each pair of checks, of two policies, that no server can pass both of.

    Two checks contradict each other when they look at the same thing (probe and parameters) and there is a fact
    for which both name the values they accept, and no value is accepted by both.
    """
    looks = [
        (policy, check, bind_parameters(check.parameters, bind_inputs(policy, given), probes[check.probe]))
        for policy in policies
        for check in policy.checks
    ]
    return [
        f"{first.id}/{one.id} and {second.id}/{other.id} contradict each other: {clash}"
        for (first, one, at), (second, other, there) in combinations(looks, 2)
        if first.id != second.id and one.probe == other.probe and at == there
        if (clash := _clash(one, other, probes[one.probe]))
    ]


def _clash(one: Check, other: Check, probe: Probe) -> str:
    for fact in probe.facts:
        ours, theirs = _accepted(one, fact.name), _accepted(other, fact.name)
        if ours is not None and theirs is not None and not ours & theirs:
            return f"{fact.name} must be {_either(ours)} for the one and {_either(theirs)} for the other"
    return ""


def _accepted(check: Check, fact: str) -> frozenset[tuple[str, Value]] | None:
    """Return the finite set of values that every expectation on the fact accepts, None when it is not finite.

    Values carry their type: `True == 1` in Python, but not for a matcher.
    """
    accepted: frozenset[tuple[str, Value]] | None = None
    for expectation in check.expect:
        values = _values(expectation) if expectation.fact == fact else None
        if values is not None:
            accepted = values if accepted is None else accepted & values
    return accepted


def _values(expectation: Expectation) -> frozenset[tuple[str, Value]] | None:
    allowed = MATCHERS[expectation.matcher].allowed(expectation.operand)
    return None if allowed is None else frozenset((type(value).__name__, value) for value in allowed)


def _either(values: frozenset[tuple[str, Value]]) -> str:
    return " or ".join(sorted(show(value) for _, value in values)) or "impossible"
