"""The checks about the fleet, judged again at every stage, from what each server says: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.bind import bind_inputs
from auditor.drift import Ground, ground_of
from auditor.evaluate import Ready
from auditor.fleet import Opinion, judge_fleet, opinions
from auditor.model.drift import Cause
from auditor.model.evidence import Evidence, Status
from auditor.model.probe import Probe
from auditor.plan import questions_of
from auditor.rejudge.stages import Pair, Stage, bench_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Voices:
    """What one server says in the checks about the fleet, at every stage; empty where it is not in a run.

    `went` and `came` say that it is no longer reached, or reached again.
    """

    host: str
    was_there: bool
    is_there: bool
    went: bool = False
    came: bool = False
    lacks_questions: bool = False
    again: tuple[Opinion, ...] = ()
    by_policy: tuple[Opinion, ...] = ()
    by_input: tuple[Opinion, ...] = ()
    now: tuple[Opinion, ...] = ()


def voices(pair: Pair, probes: Mapping[str, Probe]) -> Voices:
    """Return the opinions of a server that is in both runs."""
    (old, new), policy = pair.evidence, pair.policy[1].policy
    said = {each.cause: tuple(opinions(each.policy, bench_of(each))) for each in pair.stages()}
    by_policy = said.get(Cause.POLICY, said[None])
    asked = questions_of(policy, bind_inputs(policy, new.inputs), probes)
    is_silent = new.status is Status.UNREACHABLE
    return Voices(
        host=old.server,
        was_there=True,
        is_there=True,
        went=is_silent and pair.went_or_came,
        came=not is_silent and pair.went_or_came,
        lacks_questions=not pair.went_or_came and not is_silent and not asked <= old.answers.keys(),
        again=said[None],
        by_policy=by_policy,
        by_input=said.get(Cause.INPUT, by_policy),
        now=said[Cause.SERVER],
    )


def lone_voice(policy: tuple[Ready, Ready], evidence: Evidence, *, is_there: bool) -> Voices:
    """Return the opinions of a server that is in one of the runs only: the later when `is_there`, else the earlier."""
    own = policy[1] if is_there else policy[0]
    stage = Stage(cause=None, policy=own, evidence=evidence, inputs=bind_inputs(own.policy, evidence.inputs))
    said = tuple(opinions(own, bench_of(stage)))
    if is_there:
        return Voices(host=evidence.server, was_there=False, is_there=True, now=said)
    return Voices(host=evidence.server, was_there=True, is_there=False, again=said)


def fleet_grounds(policy: tuple[Ready, Ready], given: Sequence[Voices]) -> Mapping[str, Ground]:
    """Return the ground of each check of scope fleet, by its id, from the voices of all servers of both runs.

    Servers that went, from the inventory or out of reach, go first, and those that came, come last: of them nothing
    else is known.
    """
    old, new = policy
    both = [each for each in given if each.was_there and each.is_there]
    servers = Cause.NOT_KNOWN if any(each.lacks_questions for each in both) else Cause.SERVER
    stages: list[tuple[Cause, Ready, Iterable[Opinion]]] = [
        (Cause.INVENTORY, old, _joined(each.again for each in both)),
        (Cause.REACHABILITY, old, _joined(each.now if each.went else each.again for each in both)),
        (Cause.POLICY, new, _joined(each.now if each.went else each.by_policy for each in both)),
        (Cause.INPUT, new, _joined(each.now if each.went else each.by_input for each in both)),
        (servers, new, _joined(each.by_input if each.came else each.now for each in both)),
        (Cause.REACHABILITY, new, _joined(each.now for each in both)),
        (Cause.INVENTORY, new, _joined(each.now for each in given if each.is_there)),
    ]
    again = {one.check: one for one in judge_fleet(old, _joined(each.again for each in given if each.was_there))}
    found = [again, *({one.check: one for one in judge_fleet(each, said)} for _, each, said in stages)]
    causes = [cause for cause, _, _ in stages]
    return {check: ground_of([judged[check] for judged in found], causes) for check in again}


def _joined(parts: Iterable[tuple[Opinion, ...]]) -> list[Opinion]:
    return [opinion for part in parts for opinion in part]
