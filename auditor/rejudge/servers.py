"""The checks of one server, judged again at every stage: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from auditor.conclude import Conclusion
from auditor.drift import Ground, ground_of
from auditor.evaluate import conclusions
from auditor.model.answer import Answers, Denied, Failed, NotAsked, answer_to
from auditor.model.drift import Cause
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
    turned = lacking - _lacking(backwards)
    if pair.went_or_came:
        forwards = forwards[0], forwards[-1]  # what a server that was not reached would have told plays no part
    checks = forwards[0].found.keys() & forwards[-1].found.keys()
    inputs = pair.changed_inputs()
    return {**_grounds(forwards, checks - turned, inputs), **_grounds(backwards, checks & turned, inputs)}


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


def _grounds(chain: Sequence[_Judged], checks: Iterable[str], inputs: tuple[str, ...]) -> Mapping[str, Ground]:
    found = [each.found for each in chain]
    unread = {check for each in chain for check in each.unread}
    known = _causes(chain, None)
    grounds = {}
    for check in checks:
        causes = _causes(chain, check) if check in unread else known
        grounds[check] = _ground(tuple([each[check] for each in found]), causes, inputs)
    return grounds


def _causes(chain: Iterable[_Judged], check: str | None) -> tuple[Cause, ...]:
    """Return whose change it is when a stage finds something else of a check than the one before.

    It is the same for all checks, which None stands for, that are known at every stage.
    """
    kinds = [(each.stage, _NONE if check is None else each.unread.get(check, _NONE)) for each in chain]
    return tuple([_cause(before, after, one | other) for (before, one), (after, other) in pairwise(kinds)])


def _cause(before: Stage, after: Stage, unread: frozenset[type]) -> Cause:
    """Return whose change it is when a stage finds something else than the one before."""
    cause = after.cause
    assert cause is not None
    return _servers_part(before, after, unread) if cause is Cause.SERVER else cause


def _servers_part(before: Stage, after: Stage, unread: frozenset[type]) -> Cause:
    """Return what it means that the later evidence gives another finding than the earlier, all else being equal."""
    if Status.UNREACHABLE in (before.evidence.status, after.evidence.status):
        return Cause.REACHABILITY
    if NotAsked in unread:
        return Cause.NOT_KNOWN
    return Cause.REACHABILITY if unread & {Denied, Failed} else Cause.SERVER


@lru_cache(maxsize=4096)
def _ground(chain: tuple[Conclusion, ...], causes: tuple[Cause, ...], inputs: tuple[str, ...]) -> Ground:
    """Return the ground of a check; it is the same, and held once, for servers that came to the same conclusions."""
    return ground_of(chain, causes, inputs)
