"""Findings -> counts, coverage, exit code: pure. Not known outranks not compliant, and judging nothing is not known."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from auditor.errors import ExitCode
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Coverage, FailOn, Host

_JUDGED = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
_COUNTS_AS_FINDING: Mapping[FailOn, tuple[Verdict, ...]] = {
    FailOn.FAIL: (Verdict.FAIL,),
    FailOn.WARNING: (Verdict.FAIL, Verdict.WARN),
    FailOn.NEVER: (),
}


def count(findings: Iterable[Finding]) -> Mapping[str, int]:
    """Return the number of findings per verdict; every verdict is there."""
    counted = Counter(finding.verdict for finding in findings)
    return {verdict.value: counted[verdict] for verdict in Verdict}


def coverage(hosts: Collection[Host], findings: Collection[Finding], planned: int) -> Coverage:
    """Return how much is known of what was planned; `planned` counts checks, on servers and on the fleet.

    A check is judged when its verdict is not `error`; a server when it was reached and one of its checks is judged.
    """
    known = [finding for finding in findings if finding.verdict is not Verdict.ERROR]
    reached = {host.name for host in hosts if host.status is not Status.UNREACHABLE}
    return Coverage(
        servers_planned=len(hosts),
        servers_judged=len(reached & {finding.host for finding in known}),
        checks_planned=planned,
        checks_judged=len(known),
    )


def gate(findings: Collection[Finding], hosts: Collection[Host], fail_on: FailOn) -> tuple[ExitCode, str]:
    """Return the exit code of a run and why, in words.

    `fail_on` says which findings count; it never hides missing evidence. A server that was not reached, a check
    that is not known, and a run without any pass, warn or fail are missing evidence.
    """
    missing = _missing(findings, hosts)
    against = _against(findings, fail_on)
    if missing:
        return ExitCode.NOT_KNOWN, f"evidence is missing: {missing}" + (f"; besides, {against}" if against else "")
    if against:
        return ExitCode.FINDINGS, against
    return ExitCode.COMPLIANT, _compliant(findings, fail_on)


def _missing(findings: Collection[Finding], hosts: Collection[Host]) -> str:
    silent = sorted(host.name for host in hosts if host.status is Status.UNREACHABLE)
    unknown = count(findings)[Verdict.ERROR]
    parts = [f"{_number(len(silent), 'server')} not reached ({_some(silent)})"] if silent else []
    parts += [f"{_number(unknown, 'check')} not known"] if unknown else []
    if not any(finding.verdict in _JUDGED for finding in findings):
        parts.append(_nothing(findings, hosts))
    return ", ".join(parts)


def _nothing(findings: Collection[Finding], hosts: Collection[Host]) -> str:
    if not hosts:
        return "nothing was judged: no server"
    if not findings:
        return "nothing was judged: no check was planned"
    if all(finding.verdict is Verdict.NOT_APPLICABLE for finding in findings):
        return "nothing was judged: no check applies to any server"
    return "nothing was judged"


def _against(findings: Collection[Finding], fail_on: FailOn) -> str:
    deviations = _deviations(findings, _COUNTS_AS_FINDING[fail_on])
    return f"{deviations} at or above the gate (fail on {fail_on})" if deviations else ""


def _compliant(findings: Collection[Finding], fail_on: FailOn) -> str:
    deviations = _deviations(findings, (Verdict.FAIL, Verdict.WARN))
    return f"{deviations} below the gate (fail on {fail_on})" if deviations else "every check that applies passes"


def _deviations(findings: Collection[Finding], verdicts: Collection[Verdict]) -> str:
    counted = count(findings)
    words = {Verdict.FAIL: "failing check", Verdict.WARN: "warning"}
    return " and ".join(_number(counted[verdict], words[verdict]) for verdict in verdicts if counted[verdict])


def _number(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _some(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
