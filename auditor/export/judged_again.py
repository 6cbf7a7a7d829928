"""Evidence that names were hidden in, judged again: what follows from it must be what followed before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from auditor.audit import Judged, judge_server
from auditor.errors import UsageError
from auditor.evaluate import ready
from auditor.export.redact import Redactor
from auditor.fleet import judge_fleet
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, order
from auditor.model.policy import Policy
from auditor.probes import PROBES


class Judge:
    """Judges servers one after the other by the policies, and then the fleet."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = [ready(policy, PROBES) for policy in sorted(policies, key=lambda policy: policy.id)]
        self._judged: list[Judged] = []

    def add(self, evidence: Evidence) -> None:
        """Judge one server; its evidence is not kept."""
        self._judged.append(judge_server(self._policies, evidence))

    def findings(self) -> Sequence[Finding]:
        """Return all findings in their order."""
        servers = sorted(self._judged, key=lambda server: server.host.name)
        given = [opinion for server in servers for opinion in server.opinions]
        about_fleet = [finding for policy in self._policies for finding in judge_fleet(policy, given)]
        return sorted([*about_fleet, *(finding for server in servers for finding in server.findings)], key=order)


def as_before(again: Iterable[Finding], before: Iterable[Finding], redactor: Redactor) -> tuple[Finding, ...]:
    """Return the findings of redacted evidence with the waivers of those before.

    Raises `UsageError` when they are not the same findings with the same verdicts.
    """
    earlier: Mapping[tuple[str, str, str], Finding] = {order(each): each for each in map(redactor.value, before)}
    found = tuple(again)
    for finding in found:
        there = earlier.get(order(finding))
        if there is None or there.verdict is not finding.verdict:
            _refuse(finding, there)
    if len(found) != len(earlier):
        raise UsageError(
            f"the run has {len(earlier)} findings, and judging its redacted evidence gives {len(found)}; "
            "judge the run again with `auditor run --evidence`, and export that"
        )
    return tuple(replace(finding, waiver=earlier[order(finding)].waiver) for finding in found)


def _refuse(finding: Finding, before: Finding | None) -> None:
    said = f"the run says {before.verdict}" if before else "the run has no such finding"
    raise UsageError(
        f"{finding.policy}/{finding.check} on {finding.host} would be {finding.verdict} when the redacted evidence is "
        f"judged again, but {said}: a name that is hidden is also a word that the check rests on, or another version "
        "of auditor judged the run; hide less with --redact, or judge the run again with `auditor run --evidence`"
    )
