"""Findings -> counts and coverage: pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Coverage, Host


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Return the number of findings per verdict; every verdict is there."""
    counted = Counter(finding.verdict for finding in findings)
    return {verdict.value: counted[verdict] for verdict in Verdict}


def coverage(hosts: Collection[Host], findings: Iterable[Finding], planned: int) -> Coverage:
    """Return how much is known of what was planned; `planned` counts checks, on servers and on the fleet.

    A check is judged when its verdict is not `error`; a server when it was reached and one of its checks is judged.
    """
    known = Counter(finding.host for finding in findings if finding.verdict is not Verdict.ERROR)
    reached = {host.name for host in hosts if host.status is not Status.UNREACHABLE}
    return Coverage(
        servers_planned=len(hosts),
        servers_judged=len(reached & known.keys()),
        checks_planned=planned,
        checks_judged=known.total(),
    )
