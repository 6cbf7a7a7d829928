"""Checks of scope fleet: do all servers that a policy applies to agree? Pure.

Each server gives an opinion while it is judged; the opinions are kept, the evidence is not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditor.conclude import Conclusion
from auditor.evaluate import Bench, Ready, ReadyCheck, finding, first_obstacle
from auditor.looks import Look
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Check, Level
from auditor.model.probe import Facts, NotKnown
from auditor.model.value import show

_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """What one server contributes to one fleet check: its facts in words, or why there are none."""

    host: str
    policy: str
    check: str
    facts: str = ""
    questions: tuple[str, ...] = ()
    obstacle: Verdict | None = None


def opinions(judge_by: Ready, bench: Bench) -> Iterator[Opinion]:
    """Yield the server's opinion for each check of scope fleet."""
    for each in judge_by.about_fleet:
        yield _opinion(judge_by, each, bench)


def _opinion(judge_by: Ready, ready_check: ReadyCheck[Look], bench: Bench) -> Opinion:
    host, policy, check = bench.evidence.server, judge_by.policy.id, ready_check.check
    if obstacle := first_obstacle((*judge_by.obstacles, *ready_check.obstacles), bench):
        return Opinion(host=host, policy=policy, check=check.id, obstacle=obstacle.verdict)
    look = ready_check.looking.of(bench.inputs, bench.evidence.answers)
    match look.reading:
        case NotKnown():
            return Opinion(host=host, policy=policy, check=check.id, obstacle=Verdict.ERROR)
        case Facts(values=values):
            said = (f"{fact} {show(values[fact]) if fact in values else 'not there'}" for fact in check.agree_on)
            return Opinion(host=host, policy=policy, check=check.id, facts=", ".join(said), questions=look.questions)


def judge_fleet(judge_by: Ready, given: Iterable[Opinion]) -> Iterator[Finding]:
    """Yield one finding for each check of scope fleet, from the opinions of all servers."""
    by_check: dict[str, list[Opinion]] = {each.check.id: [] for each in judge_by.about_fleet}
    for opinion in given:
        if opinion.policy == judge_by.policy.id and opinion.check in by_check:
            by_check[opinion.check].append(opinion)
    for each in judge_by.about_fleet:
        yield finding(each, FLEET, _conclude(each.check, by_check[each.check.id]))


def _conclude(check: Check, given: Sequence[Opinion]) -> Conclusion:
    camps: dict[str, list[str]] = {}
    for opinion in given:
        if opinion.obstacle is None:
            camps.setdefault(opinion.facts, []).append(opinion.host)
    unknown = [opinion.host for opinion in given if opinion.obstacle is Verdict.ERROR]
    actual = "; ".join(f"{facts} on {_names(hosts)}" for facts, hosts in sorted(camps.items()))
    questions = tuple(sorted({question for opinion in given for question in opinion.questions}))
    verdict, reason = _verdict(check, len(camps), sum(map(len, camps.values())), unknown)
    return Conclusion(verdict=verdict, actual=actual, reason=reason, questions=questions)


def _verdict(check: Check, camps: int, known: int, unknown: Sequence[str]) -> tuple[Verdict, str]:
    if camps > 1:
        verdict = Verdict.WARN if check.level is Level.WARNING else Verdict.FAIL
        return verdict, "the servers do not agree" + (f"; not known on {_names(unknown)}" if unknown else "")
    if unknown:
        return Verdict.ERROR, f"not known on {_names(unknown)}"
    if known < 2:
        return Verdict.NOT_APPLICABLE, "fewer than two servers to compare"
    return Verdict.PASS, ""


def _names(hosts: Sequence[str]) -> str:
    ordered = sorted(hosts)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(ordered[:_SHOWN]) + more
