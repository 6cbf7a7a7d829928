"""Stored evidence instead of a server: nothing is contacted, and what was not asked then stays not asked."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.model.evidence import Evidence
from auditor.model.planned import Planned


def replay(stored: Iterable[Evidence], planned: Iterable[Planned]) -> Iterator[Evidence]:
    """Yield the stored evidence of each planned server, to be judged by the policies it is planned for now."""
    by_server = {plan.server.name: plan for plan in planned}
    for evidence in stored:
        if evidence.server in by_server:
            plan = by_server[evidence.server]
            yield replace(evidence, policies=plan.policies, inputs=plan.inputs)
