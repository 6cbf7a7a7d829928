"""Check x evidence -> finding: pure. A policy is made ready once, and then judges every server."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from auditor.conclude import Conclusion, comparing, expected, unmet_input, unmet_probe
from auditor.looks import Conclude, Inputs, Look, Looking
from auditor.model.answer import Answers
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Check, Condition, InputCondition, Policy, Scope
from auditor.model.probe import Probe
from auditor.model.stating import Stating, stating

T = TypeVar("T")
Probes = Mapping[str, Probe]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What is judged: one server's evidence, with the policy's inputs as they are bound for it."""

    evidence: Evidence
    inputs: Inputs


Obstacle: TypeAlias = Callable[[Inputs, Answers], Conclusion | None]
"""A condition made ready: why something does not apply, or that this is not known; None when it applies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyCheck(Generic[T]):
    """A check with all that is the same for every server.

    `looking` gives what is made of the probe's reading, `stated` the finding from what differs from server to server.
    """

    check: Check
    stated: Stating
    obstacles: tuple[Obstacle, ...]
    looking: Looking[T]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A policy made ready, once, to judge many servers by: its checks of scope server, and those about the fleet."""

    policy: Policy
    obstacles: tuple[Obstacle, ...]
    checks: tuple[ReadyCheck[Conclusion], ...]
    about_fleet: tuple[ReadyCheck[Look], ...]


def ready(policy: Policy, probes: Probes) -> Ready:
    """Return the policy made ready."""
    alone = [check for check in policy.checks if check.scope is Scope.SERVER]
    about_fleet = [check for check in policy.checks if check.scope is Scope.FLEET]
    return Ready(
        policy=policy,
        obstacles=_obstacles(policy.applies_when, probes),
        checks=tuple(_ready(policy, check, probes, comparing(check)) for check in alone),
        about_fleet=tuple(_ready(policy, check, probes, Look) for check in about_fleet),
    )


def reduced(judge_by: Ready, checks: Iterable[str]) -> Ready:
    """Return the policy with these checks only."""
    wanted = frozenset(checks)
    return replace(
        judge_by,
        policy=replace(judge_by.policy, checks=tuple([each for each in judge_by.policy.checks if each.id in wanted])),
        checks=tuple([each for each in judge_by.checks if each.check.id in wanted]),
        about_fleet=tuple([each for each in judge_by.about_fleet if each.check.id in wanted]),
    )


def judge(judge_by: Ready, bench: Bench) -> Iterator[Finding]:
    """Yield a finding for each check of scope server, in the policy's order."""
    host = bench.evidence.server
    for each, found in conclusions(judge_by, bench):
        yield each.stated(host, found.verdict, found.actual, found.reason, found.questions, None)


def conclusions(judge_by: Ready, bench: Bench) -> Iterator[tuple[ReadyCheck[Conclusion], Conclusion]]:
    """Yield each check of scope server with its verdict, in the policy's order."""
    gate = first_obstacle(judge_by.obstacles, bench)
    inputs, answers = bench.inputs, bench.evidence.answers
    for each in judge_by.checks:
        obstacle = gate or (first_obstacle(each.obstacles, bench) if each.obstacles else None)
        yield each, obstacle or each.looking.of(inputs, answers)


def finding(ready_check: ReadyCheck[T], host: str, conclusion: Conclusion) -> Finding:
    """Return the finding that states a conclusion."""
    return ready_check.stated(
        host, conclusion.verdict, conclusion.actual, conclusion.reason, conclusion.questions, None
    )


def first_obstacle(obstacles: Sequence[Obstacle], bench: Bench) -> Conclusion | None:
    """Return why something does not apply, or that this is not known; None when it applies."""
    if bench.evidence.status is Status.UNREACHABLE:
        return Conclusion(verdict=Verdict.ERROR, reason=f"server not reached: {bench.evidence.reason}")
    found = (obstacle(bench.inputs, bench.evidence.answers) for obstacle in obstacles)
    return next((each for each in found if each), None)


def _ready(policy: Policy, check: Check, probes: Probes, conclude: Conclude[T]) -> ReadyCheck[T]:
    stated = stating(
        policy=policy.id,
        check=check.id,
        title=check.title,
        level=check.level,
        severity=check.severity,
        expected=expected(check),
        reference=check.reference,
        remediation=check.remediation,
    )
    looking = Looking(probes[check.probe], check.parameters, conclude)
    return ReadyCheck(check=check, stated=stated, obstacles=_obstacles(check.applies_when, probes), looking=looking)


def _obstacles(conditions: Iterable[Condition], probes: Probes) -> tuple[Obstacle, ...]:
    return tuple(
        unmet_input(condition)
        if isinstance(condition, InputCondition)
        else Looking(probes[condition.probe], condition.parameters, unmet_probe(condition)).of
        for condition in conditions
    )
