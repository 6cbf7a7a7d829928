"""The checks of one server, judged again at every stage: pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from auditor.drift import Ground, Step
from auditor.evaluate import judge
from auditor.model.answer import Denied, Failed, NotAsked, answer_to
from auditor.model.drift import Cause
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.question import parse
from auditor.rejudge.stages import Pair, Probes, Stage, bench_of, state_of


def server_grounds(pair: Pair, probes: Probes) -> Mapping[str, Ground]:
    """Return the ground of each check of scope server, by its id.

    Where the earlier evidence does not answer what is asked now, the later one may answer what was asked then, so the
    server's part is exchanged first.
    """
    forwards = _judged(pair.stages(), probes)
    backwards: Sequence[_Judged] | None = None
    inputs = pair.changed_inputs()
    grounds = {}
    for check in set.intersection(*(set(each.findings) for each in forwards)):
        chain: Sequence[_Judged] = forwards
        if not pair.went_or_came and any(each.lacks(check) for each in forwards):
            backwards = backwards or _judged(pair.stages(server_first=True), probes)
            chain = forwards if any(each.lacks(check) for each in backwards) else backwards
        steps = tuple(_steps(check, _shortened(chain) if pair.went_or_came else chain))
        grounds[check] = Ground(again=state_of(chain[0].findings[check]), steps=steps, inputs=inputs)
    return grounds


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    """A stage, and what it finds, by check."""

    stage: Stage
    findings: Mapping[str, Finding]

    def lacks(self, check: str) -> bool:
        """Return whether the finding is not known because the evidence was collected for other questions."""
        return NotAsked in self.unread(check)

    def unread(self, check: str) -> set[type]:
        """Return the kinds of answers that a finding which is not known rests on."""
        finding, answers = self.findings[check], self.stage.evidence.answers
        if finding.verdict is not Verdict.ERROR or self.stage.evidence.status is Status.UNREACHABLE:
            return set()
        return {type(answer_to(answers, parse(question))) for question in finding.questions}


def _judged(stages: Iterable[Stage], probes: Probes) -> Sequence[_Judged]:
    return [
        _Judged(stage=each, findings={finding.check: finding for finding in judge(each.policy, bench_of(each, probes))})
        for each in stages
    ]


def _shortened(chain: Sequence[_Judged]) -> Sequence[_Judged]:
    """Return the first and the last stage: what a server that was not reached would have told plays no part."""
    return chain[0], chain[-1]


def _steps(check: str, chain: Sequence[_Judged]) -> Iterator[Step]:
    for before, after in pairwise(chain):
        cause = after.stage.cause
        assert cause is not None
        if cause is Cause.SERVER:
            cause = _servers_part(before, after, check)
        yield Step(cause=cause, state=state_of(after.findings[check]))


def _servers_part(before: _Judged, after: _Judged, check: str) -> Cause:
    """Return what it means that the later evidence gives another finding than the earlier, all else being equal."""
    if Status.UNREACHABLE in (before.stage.evidence.status, after.stage.evidence.status):
        return Cause.REACHABILITY
    kinds = before.unread(check) | after.unread(check)
    if NotAsked in kinds:
        return Cause.NOT_KNOWN
    return Cause.REACHABILITY if kinds & {Denied, Failed} else Cause.SERVER
