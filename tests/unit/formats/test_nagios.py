"""`report.nagios`: the status line, the numbers behind it, and the exit code that goes with it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from auditor.formats.format import pieces
from auditor.formats.nagios import FORMAT, exit_code
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run

OK, WARNING, CRITICAL, UNKNOWN = range(4)


def lines(run: Run) -> list[str]:
    return b"".join(pieces(FORMAT, run)).decode().splitlines()


def only(run: Run, findings: Iterable[Finding]) -> Run:
    return replace(run, findings=tuple(findings), hosts=run.hosts[:1], exit_code=0)


def having(run: Run, *verdicts: Verdict) -> Run:
    return only(run, (next(e for e in run.findings if e.verdict is verdict and not e.waiver) for verdict in verdicts))


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((Verdict.PASS, Verdict.NOT_APPLICABLE), OK),
        ((Verdict.PASS, Verdict.WARN), WARNING),
        ((Verdict.WARN, Verdict.ERROR), UNKNOWN),
        ((Verdict.WARN, Verdict.ERROR, Verdict.FAIL), CRITICAL),
    ],
)
def test_the_worst_of_what_holds_is_the_state(run: Run, verdicts: tuple[Verdict, ...], code: int) -> None:
    judged = having(run, *verdicts)

    assert exit_code(judged) == code
    assert lines(judged)[0].startswith(f"AUDITOR {('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')[code]} - ")


def test_what_is_waived_is_no_problem_but_told(run: Run) -> None:
    waived = only(run, (each for each in run.findings if each.waiver))

    assert exit_code(waived) == OK
    assert "2 waived" in lines(waived)[0]


def test_a_server_that_was_not_reached_is_not_ok_also_without_findings_of_it(run: Run) -> None:
    silent = next(host for host in run.hosts if host.status is Status.UNREACHABLE)

    judged = replace(having(run, Verdict.PASS), hosts=(silent,))

    assert exit_code(judged) == UNKNOWN
    assert "1 server not reached" in lines(judged)[0]
    assert f"NOT REACHED {silent.name}: {silent.reason}" in lines(judged)


def test_a_run_that_judged_nothing_or_was_stopped_is_unknown(run: Run) -> None:
    assert exit_code(only(run, ())) == UNKNOWN
    assert exit_code(replace(having(run, Verdict.PASS), interrupted=True)) == UNKNOWN
    assert exit_code(replace(having(run, Verdict.PASS), exit_code=3)) == UNKNOWN


def test_performance_data_has_every_number_with_its_threshold(run: Run) -> None:
    _, _, numbers = lines(run)[0].partition(" | ")

    assert numbers.split() == [
        "pass=3;;;0",
        "warn=1;0;;0",
        "fail=2;;0;0",
        "error=4;;;0",
        "not_applicable=2;;;0",
        "waived=2;;;0",
        "servers_not_reached=1;;;0",
    ]


def test_the_worst_come_first_by_severity(run: Run) -> None:
    failed = next(each for each in run.findings if each.verdict is Verdict.FAIL and not each.waiver)
    findings = [replace(failed, check=str(severity), severity=severity) for severity in reversed(Severity)]

    told = [line for line in lines(only(run, findings)) if line.startswith("FAIL ")]

    assert [severity for line in told for severity in Severity if f"({severity})" in line] == list(Severity)


def test_what_is_cut_is_counted_and_nagios_can_take_it_whole(run: Run) -> None:
    failed = next(each for each in run.findings if each.verdict is Verdict.FAIL and not each.waiver)
    many = [replace(failed, host=f"server{number:04}", reason="\x1b" * 1_000) for number in range(1_000)]

    told = lines(only(run, many))

    shown = [line for line in told if line.startswith("FAIL ")]
    assert shown
    assert told[-1] == f"... and {1_000 - len(shown)} more, see run.json"
    assert len("\n".join(told).encode()) < 4_096


@pytest.mark.parametrize("said", ["a | b=1", "a\nb", "a\r\nOK", "<b>", "\x1b[31m"])
def test_nothing_a_server_says_becomes_a_number_a_line_or_markup(run: Run, said: str) -> None:
    failed = next(each for each in run.findings if each.verdict is Verdict.FAIL and not each.waiver)
    dirty = replace(failed, check=said, host=said, reason=said)

    told = lines(only(run, (dirty,)))

    assert len(told) == len(lines(only(run, (failed,))))
    assert "".join(told).count("|") == 1
    assert "<" not in "".join(told)
