"""A stored run and a plan -> what can be taken over, and what is still to be asked. Pure."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace

from auditor.model.evidence import Evidence, Status
from auditor.model.planned import Planned


def resume_plan(
    stored: Iterable[Evidence], planned: Iterable[Planned]
) -> Generator[Evidence, None, tuple[Planned, ...]]:
    """Yield the stored evidence that is taken over, and return the servers still to be asked, in the plan's order.

    Taken over is the evidence of a server that was reached, answered everything it was asked, and was asked all that is
    planned now. It is judged by the policies and inputs planned now. A server that was not reached, was read in part,
    or was asked something else is asked again, as a whole.
    """
    waiting = {plan.server.name: plan for plan in planned}
    for evidence in stored:
        plan = waiting.get(evidence.server)
        if plan is not None and is_whole(evidence, plan):
            del waiting[evidence.server]
            yield replace(evidence, policies=plan.policies, inputs=plan.inputs, groups=plan.server.groups)
    return tuple(waiting.values())


def resuming(
    stored: Iterable[Evidence],
    collecting: Callable[[Iterable[Planned]], Iterator[Evidence]],
    planned: Iterable[Planned],
) -> Iterator[Evidence]:
    """Yield what is taken over, then what `collecting` makes of the rest."""
    missing = yield from resume_plan(stored, planned)
    yield from collecting(missing)


def is_whole(evidence: Evidence, plan: Planned) -> bool:
    """Tell whether the evidence answers all that is planned."""
    return evidence.status is Status.REACHED and evidence.answers.keys() >= set(plan.questions)
