from collections.abc import Sequence

import pytest

from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.run import Host
from auditor.summary import count, coverage

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
