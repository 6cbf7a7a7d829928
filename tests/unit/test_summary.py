from collections.abc import Sequence

import pytest

from auditor.errors import ExitCode
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.run import FailOn, Host
from auditor.summary import count, coverage, gate

REACHED = Host(name="cas01", status=Status.REACHED)
PARTIAL = Host(name="cas02", status=Status.PARTIAL, reason="1 question denied")
SILENT = Host(name="cas03", status=Status.UNREACHABLE, reason="refused")


def finding(verdict: Verdict, host: str = "cas01") -> Finding:
    return Finding(
        host=host,
        policy="owa",
        check="check",
        title="A check",
        level=Level.FAIL,
        severity=Severity.HIGH,
        verdict=verdict,
        expected="",
        actual="",
        reason="",
        reference="",
        remediation="",
    )


def findings(*verdicts: Verdict) -> Sequence[Finding]:
    return [finding(verdict) for verdict in verdicts]


def test_every_verdict_is_counted_even_if_there_is_none() -> None:
    counted = count(findings(Verdict.FAIL, Verdict.PASS, Verdict.FAIL))

    assert counted == {"pass": 1, "warn": 0, "fail": 2, "error": 0, "not_applicable": 0}
    assert list(counted) == list(Verdict)


def test_what_is_not_known_is_not_covered() -> None:
    judged = [
        finding(Verdict.PASS),
        finding(Verdict.NOT_APPLICABLE),
        finding(Verdict.ERROR),
        finding(Verdict.WARN, FLEET),
    ]

    covered = coverage([REACHED], judged, planned=4)

    assert (covered.checks_judged, covered.checks_planned) == (3, 4)


@pytest.mark.parametrize(
    ("host", "verdict", "judged"),
    [
        (REACHED, Verdict.FAIL, 1),
        (REACHED, Verdict.NOT_APPLICABLE, 1),
        (REACHED, Verdict.ERROR, 0),
        (PARTIAL, Verdict.PASS, 1),
        (PARTIAL, Verdict.ERROR, 0),
        (SILENT, Verdict.ERROR, 0),
        (SILENT, Verdict.PASS, 0),
    ],
)
def test_a_server_is_judged_when_it_was_reached_and_something_is_known(
    host: Host, verdict: Verdict, judged: int
) -> None:
    covered = coverage([host], [finding(verdict, host.name)], planned=1)

    assert (covered.servers_judged, covered.servers_planned) == (judged, 1)


def test_findings_about_the_fleet_make_no_server_judged() -> None:
    assert coverage([REACHED], [finding(Verdict.PASS, FLEET)], planned=1).servers_judged == 0


@pytest.mark.parametrize(
    ("verdicts", "fail_on", "code"),
    [
        ([Verdict.PASS], FailOn.FAIL, ExitCode.COMPLIANT),
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], FailOn.WARNING, ExitCode.COMPLIANT),
        ([Verdict.WARN], FailOn.FAIL, ExitCode.COMPLIANT),
        ([Verdict.WARN], FailOn.WARNING, ExitCode.FINDINGS),
        ([Verdict.WARN, Verdict.FAIL], FailOn.NEVER, ExitCode.COMPLIANT),
        ([Verdict.PASS, Verdict.FAIL], FailOn.FAIL, ExitCode.FINDINGS),
        ([Verdict.FAIL], FailOn.WARNING, ExitCode.FINDINGS),
        ([Verdict.PASS, Verdict.ERROR], FailOn.FAIL, ExitCode.NOT_KNOWN),
        ([Verdict.PASS, Verdict.ERROR], FailOn.NEVER, ExitCode.NOT_KNOWN),
        ([Verdict.FAIL, Verdict.ERROR], FailOn.FAIL, ExitCode.NOT_KNOWN),
        ([Verdict.NOT_APPLICABLE], FailOn.NEVER, ExitCode.NOT_KNOWN),
    ],
)
def test_the_exit_code_follows_the_gate_but_never_hides_missing_evidence(
    verdicts: Sequence[Verdict], fail_on: FailOn, code: ExitCode
) -> None:
    assert gate(findings(*verdicts), [REACHED], fail_on)[0] is code


@pytest.mark.parametrize(
    ("verdicts", "hosts", "reason"),
    [
        ([], [], "evidence is missing: nothing was judged: no server"),
        ([], [REACHED], "evidence is missing: nothing was judged: no check was planned"),
        (
            [Verdict.NOT_APPLICABLE],
            [REACHED],
            "evidence is missing: nothing was judged: no check applies to any server",
        ),
        ([Verdict.ERROR], [REACHED], "evidence is missing: 1 check not known, nothing was judged"),
    ],
)
def test_a_run_that_judged_nothing_is_not_compliant_and_says_why(
    verdicts: Sequence[Verdict], hosts: Sequence[Host], reason: str
) -> None:
    assert gate(findings(*verdicts), hosts, FailOn.NEVER) == (ExitCode.NOT_KNOWN, reason)


def test_missing_evidence_outranks_findings_and_the_reason_names_both() -> None:
    judged = findings(Verdict.FAIL, Verdict.ERROR, Verdict.ERROR, Verdict.WARN)

    code, reason = gate(judged, [REACHED, SILENT], FailOn.WARNING)

    assert code is ExitCode.NOT_KNOWN
    assert reason == (
        "evidence is missing: 1 server not reached (cas03), 2 checks not known; "
        "besides, 1 failing check and 1 warning at or above the gate (fail on warning)"
    )


def test_a_server_that_was_not_reached_is_missing_evidence_even_without_findings() -> None:
    assert gate(findings(Verdict.PASS), [REACHED, SILENT], FailOn.FAIL)[0] is ExitCode.NOT_KNOWN


def test_a_server_read_in_part_misses_nothing_when_every_check_is_judged() -> None:
    assert gate(findings(Verdict.PASS), [PARTIAL], FailOn.FAIL)[0] is ExitCode.COMPLIANT


def test_findings_below_the_gate_are_named_all_the_same() -> None:
    _, reason = gate(findings(Verdict.FAIL, Verdict.WARN, Verdict.WARN), [REACHED], FailOn.NEVER)

    assert reason == "1 failing check and 2 warnings below the gate (fail on never)"


def test_a_large_fleet_does_not_make_a_long_reason() -> None:
    hosts = [Host(name=f"cas{number:02}", status=Status.UNREACHABLE) for number in range(50)]

    _, reason = gate(findings(Verdict.PASS), hosts, FailOn.FAIL)

    assert "50 servers not reached (cas00, cas01, cas02, cas03, cas04 and 45 more)" in reason
