"""`report.tap`, line by line."""

from dataclasses import replace

import pytest

from auditor.formats.format import pieces
from auditor.formats.tap import FORMAT
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Run


def lines(run: Run) -> list[str]:
    return b"".join(pieces(FORMAT, run)).decode().splitlines()


def points(run: Run) -> list[str]:
    return [line for line in lines(run) if line.startswith(("ok ", "not ok "))]


def only(run: Run, *findings: Finding) -> Run:
    return replace(run, findings=findings, hosts=run.hosts[:1], exit_code=0)


def one(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict and not each.waiver)


def test_it_begins_with_the_version_that_prove_knows_and_the_plan(run: Run) -> None:
    version, plan, *_ = lines(run)

    assert version == "TAP version 13"
    assert plan == f"1..{len(points(run))}"


def test_tests_are_numbered_without_a_gap(run: Run) -> None:
    numbers = [int(test.removeprefix("not ").split()[1]) for test in points(run)]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    ("verdict", "start"),
    [
        (Verdict.PASS, "ok 1 - "),
        (Verdict.WARN, "ok 1 - WARNING "),
        (Verdict.FAIL, "not ok 1 - "),
        (Verdict.ERROR, "not ok 1 - NOT KNOWN "),
    ],
)
def test_each_verdict_has_its_beginning(run: Run, verdict: Verdict, start: str) -> None:
    test, _ = points(only(run, one(run, verdict)))

    assert test.startswith(start)
    assert "#" not in test


def test_not_applicable_is_skipped_with_the_reason(run: Run) -> None:
    judged = one(run, Verdict.NOT_APPLICABLE)

    test, _ = points(only(run, judged))

    assert test.startswith("ok 1 - ")
    assert test.endswith(f" # SKIP not applicable: {judged.reason}")


def test_what_is_waived_is_not_ok_but_expected(run: Run) -> None:
    waived = next(each for each in run.findings if each.waiver and each.verdict is Verdict.FAIL)

    test, _ = points(only(run, waived))

    assert test.startswith("not ok 1 - ")
    assert test.endswith(" # TODO waived until 2026-12-31 by Jane Doe (ssloffloaded-cas04)")


def test_a_warning_fails_where_the_gate_counts_it(run: Run) -> None:
    test, _ = points(replace(only(run, one(run, Verdict.WARN)), fail_on="warning"))

    assert test.startswith("not ok 1 - WARNING ")


def test_servers_that_were_not_read_stand_before_all_findings(run: Run) -> None:
    partial, silent, *_ = points(run)

    assert partial == "ok 1 - cas02.corp.example: the server is read"
    assert silent == "not ok 2 - cas03.corp.example: the server is read"


@pytest.mark.parametrize(("code", "start"), [(0, "ok "), (1, "not ok "), (3, "not ok ")])
def test_the_run_as_a_whole_comes_last_and_ends_as_its_exit_code(run: Run, code: int, start: str) -> None:
    assert points(replace(run, exit_code=code))[-1].startswith(start)


@pytest.mark.parametrize("said", ["# SKIP", "#TODO later", "a\\# skip", "\n1..0\nBail out!\nok 1", "\r  ...\r"])
def test_nothing_a_server_says_becomes_a_directive_or_a_line(run: Run, said: str) -> None:
    failed = one(run, Verdict.FAIL)
    dirty = replace(failed, title=said, check=said, host=said, reason=said, actual=said)

    told = lines(only(run, dirty))

    assert len(told) == len(lines(only(run, failed)))
    assert "#" not in points(only(run, dirty))[0]


def test_texts_in_the_diagnostics_are_quoted(run: Run) -> None:
    judged = replace(one(run, Verdict.FAIL), actual="it's: {a} [b] # c\n- d")

    assert "  found: 'it''s: {a} [b] # c - d'" in lines(only(run, judged))
