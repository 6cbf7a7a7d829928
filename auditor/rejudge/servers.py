"""The checks of one server, judged again at every stage: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from auditor.conclude import Conclusion
from auditor.drift import Ground, Step
from auditor.evaluate import conclusions
from auditor.model.answer import Answers, Denied, Failed, NotAsked, answer_to
from auditor.model.drift import Cause, State
from auditor.model.evidence import Status
from auditor.model.finding import Verdict
from auditor.model.question import parse
from auditor.rejudge.stages import Pair, Stage, bench_of

_NONE: frozenset[type] = frozenset()


def server_grounds(pair: Pair) -> Mapping[str, Ground]:
    """Return the ground of each check of scope server, by its id.

    Where the earlier evidence does not answer what is asked now, the later one may answer what was asked then, so the
    server's part is exchanged first.
    """
    forwards = _judged(pair.stages())
    lacking = set() if pair.went_or_came else _lacking(forwards)
    backwards = _judged(pair.stages(server_first=True)) if lacking else forwards
    lacking_backwards = _lacking(backwards) if lacking else set()
    inputs = pair.changed_inputs()
    grounds = {}
    for check in forwards[0].found.keys() & forwards[-1].found.keys():
        chain = backwards if check in lacking and check not in lacking_backwards else forwards
        if pair.went_or_came:
            chain = chain[0], chain[-1]  # what a server that was not reached would have told plays no part
        causes = tuple([_cause(before, after, check) for before, after in pairwise(chain)])
        grounds[check] = _ground(tuple([each.found[check] for each in chain]), causes, inputs)
    return grounds


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    """A stage, and what it finds, by check; `unread` has the kinds of answers that what is not known rests on."""

    stage: Stage
    found: Mapping[str, Conclusion]
    unread: Mapping[str, frozenset[type]]


def _judged(stages: Iterable[Stage]) -> Sequence[_Judged]:
    return [_judged_at(stage) for stage in stages]


def _judged_at(stage: Stage) -> _Judged:
    found = {ready.check.id: conclusion for ready, conclusion in conclusions(stage.policy, bench_of(stage))}
    is_silent = stage.evidence.status is Status.UNREACHABLE
    unknown = [] if is_silent else [check for check, each in found.items() if each.verdict is Verdict.ERROR]
    answers = stage.evidence.answers
    return _Judged(stage=stage, found=found, unread={check: _kinds(found[check], answers) for check in unknown})


def _kinds(conclusion: Conclusion, answers: Answers) -> frozenset[type]:
    return frozenset(type(answer_to(answers, parse(question))) for question in conclusion.questions)


def _lacking(chain: Iterable[_Judged]) -> set[str]:
    """Return the checks that are not known at some stage because the evidence was collected for other questions."""
    return {check for each in chain for check, kinds in each.unread.items() if NotAsked in kinds}


def _cause(before: _Judged, after: _Judged, check: str) -> Cause:
    """Return whose change it is when a stage finds something else than the one before."""
    cause = after.stage.cause
    assert cause is not None
    return _servers_part(before, after, check) if cause is Cause.SERVER else cause


def _servers_part(before: _Judged, after: _Judged, check: str) -> Cause:
    """Return what it means that the later evidence gives another finding than the earlier, all else being equal."""
    if Status.UNREACHABLE in (before.stage.evidence.status, after.stage.evidence.status):
        return Cause.REACHABILITY
    if check not in before.unread and check not in after.unread:
        return Cause.SERVER
    kinds = before.unread.get(check, _NONE) | after.unread.get(check, _NONE)
    if NotAsked in kinds:
        return Cause.NOT_KNOWN
    return Cause.REACHABILITY if kinds & {Denied, Failed} else Cause.SERVER


@lru_cache(maxsize=4096)
def _ground(chain: tuple[Conclusion, ...], causes: tuple[Cause, ...], inputs: tuple[str, ...]) -> Ground:
    """Return the ground of a check; it is the same, and held once, for servers that came to the same conclusions."""
    first, *others = (State(verdict=each.verdict, actual=each.actual) for each in chain)
    steps = tuple(Step(cause=cause, state=state) for cause, state in zip(causes, others, strict=True))
    return Ground(again=first, steps=steps, inputs=inputs)
