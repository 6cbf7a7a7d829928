import re
from dataclasses import fields, replace

import pytest

from auditor.formats.text import Colour, render_text
from auditor.model.drift import BEGINNING, Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverNotes

ANSI = re.compile(r"\033\[[0-9;]*m")


def rendered(run: Run, colour: Colour = Colour.NEVER, width: int = 100) -> str:
    return "".join(render_text(run, colour, width))


def finding(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict)


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.FAIL, Verdict.ERROR])
def test_a_deviation_says_what_was_expected_found_and_is_to_do(run: Run, verdict: Verdict) -> None:
    deviation = replace(finding(run, verdict), actual="what was found")

    shown = rendered(replace(run, findings=(deviation,)), width=500)

    for part in (deviation.title, deviation.expected, deviation.actual, deviation.reason, deviation.reference):
        assert part in shown
    for line in deviation.remediation.split("\n"):
        assert line in shown


def test_a_pass_takes_one_line(run: Run) -> None:
    passed = finding(run, Verdict.PASS)

    lines = [line for line in rendered(run).splitlines() if passed.check in line and line.startswith("  pass")]

    assert lines
    assert passed.remediation.split("\n")[0] not in rendered(replace(run, findings=(passed,)))


def test_not_applicable_takes_one_line_with_the_reason(run: Run) -> None:
    skipped = finding(run, Verdict.NOT_APPLICABLE)

    assert f"  n/a    {skipped.check}: {skipped.reason}\n" in rendered(run)


def test_a_server_that_was_not_reached_says_why_and_lists_what_is_not_known(run: Run) -> None:
    (silent,) = [host for host in run.hosts if host.status is Status.UNREACHABLE]

    shown = rendered(run, width=500)

    assert f"{silent.name}\n  NOT REACHED: {silent.reason}\n  ERROR  not known: " in shown


def test_what_is_known_of_an_unreachable_server_is_shown(run: Run) -> None:
    silent = next(host for host in run.hosts if host.status is Status.UNREACHABLE)
    outside = replace(finding(run, Verdict.PASS), host=silent.name, check="seen-from-outside")

    assert "pass   seen-from-outside" in rendered(replace(run, findings=(*run.findings, outside)))


def test_the_fleet_comes_after_all_servers(run: Run) -> None:
    shown = rendered(run)

    assert shown.index("All servers together") > max(shown.index(f"\n{host.name}\n") for host in run.hosts)


def test_the_policy_is_named_where_there_are_several(run: Run) -> None:
    second = replace(run.findings[1], policy="second-policy")

    assert "  policy second-policy\n" in rendered(replace(run, findings=(*run.findings, second)))
    assert "\n  policy " not in rendered(run)


def test_it_ends_with_coverage_and_why_the_exit_code_is_what_it_is(run: Run) -> None:
    counts, coverage, reason = rendered(run, width=500).splitlines()[-3:]

    assert counts == "checks: 3 pass, 2 warn (1 waived), 3 fail (1 waived), 4 error (not known), 2 not applicable"
    assert coverage == "coverage: 4 of 5 servers judged, 10 of 14 checks judged"
    assert reason == f"exit code 3: {run.exit_reason}"


def test_a_run_judged_again_says_whose_evidence_it_is(run: Run) -> None:
    assert "judged again from the evidence of run first-run" in rendered(replace(run, evidence_of="first-run"))


@pytest.mark.parametrize("width", [40, 72, 100])
def test_no_line_is_wider_than_asked_or_ends_in_a_blank(run: Run, width: int) -> None:
    long = replace(
        run.findings[0], verdict=Verdict.FAIL, actual="x" * 500, reason="some words " * 50, remediation="a\n\nb"
    )

    lines = rendered(replace(run, findings=(*run.findings, long)), width=width).split("\n")

    assert max(len(line) for line in lines) <= width
    assert [line for line in lines if line != line.rstrip()] == []


def test_colour_is_the_only_difference_that_colour_makes(run: Run) -> None:
    plain, painted = rendered(run), rendered(run, Colour.ALWAYS)

    assert ANSI.sub("", painted) == plain
    assert "\033[31mFAIL\033[0m" in painted
    assert "\033" not in plain


def test_a_value_cannot_forge_a_line_of_the_report(run: Run) -> None:
    forged = replace(run.findings[0], verdict=Verdict.FAIL, actual="x\nexit code 0: all is well\r\n  pass   forged: ok")

    lines = rendered(replace(run, findings=(forged,))).splitlines()

    assert [line for line in lines if line.startswith(("exit code 0", "  pass"))] == []
    assert any("exit code 0: all is well" in line for line in lines)


def test_a_value_cannot_colour_or_move_the_terminal(run: Run) -> None:
    hostile = replace(run.findings[0], verdict=Verdict.FAIL, actual="\x1b[2J\x9b31m\u202e")

    shown = rendered(replace(run, findings=(hostile,)))

    assert r"\u001b[2J\u009b31m\u202e" in shown
    assert "\x1b" not in shown


def test_a_huge_value_is_shortened_and_says_so(run: Run) -> None:
    huge = replace(run.findings[0], verdict=Verdict.FAIL, actual="x" * 1_000_000)

    shown = rendered(replace(run, findings=(huge,)))

    assert "998000 more characters" in " ".join(shown.split())
    assert len(shown) < 10_000


def test_what_is_waived_says_by_whom_until_when_and_what_it_was(run: Run) -> None:
    waived = next(each for each in run.findings if each.waiver and each.verdict is Verdict.FAIL)

    shown = rendered(replace(run, findings=(waived,)), width=500)

    assert f"  WAIVED {waived.check}: {waived.title} [high], was fail\n" in shown
    assert "by        Jane Doe until 2026-12-31 (ssloffloaded-cas04, CHG-4711): The accelerator is replaced" in shown
    assert f"found     {waived.actual}\n" in shown
    assert waived.remediation.split("\n")[0] not in shown


def test_what_is_waived_is_counted_apart(run: Run) -> None:
    assert "3 fail (1 waived)" in rendered(run)


def test_what_changed_and_whose_change_it_is_stands_before_the_ending(run: Run) -> None:
    shown = rendered(run, width=500)

    section = shown[shown.index("changes against 20261122T020000Z-91c2\n") : shown.index("checks: ")]
    assert run.drift is not None
    told_once = (ChangeKind.STILL_DEVIATING, ChangeKind.NEWLY_UNKNOWN)
    for change in (each for each in run.drift.changes if each.kind not in told_once):
        place = f"{change.check} on {change.host}" if change.check else change.host
        assert f"  {change.kind.replace('_', ' ')}: {place}: {change.text}\n" in section
    assert f"  note:  {run.drift.notes[0]}\n" in section


def silent_now(run: Run, kind: ChangeKind, *checks: str, policy: str = "owa") -> Run:
    """Return a run in which one server is not reached, with such a change for each check."""
    before = State(verdict=Verdict.PASS, actual="1")
    changes = (
        Change(host="cas09", policy=policy, check=check, kind=kind, causes=(), before=before, since="May", text="long")
        for check in checks
    )
    host = Host(name="cas09", status=Status.UNREACHABLE, reason="nothing listens there")
    return replace(run, hosts=(host,), drift=Drift(against="yesterday", changes=tuple(changes)))


def test_a_server_that_is_not_reached_any_more_is_told_once_and_not_check_by_check(run: Run) -> None:
    shown = rendered(silent_now(run, ChangeKind.NEWLY_UNKNOWN, "a", "b", "c"))

    assert "  newly unknown: cas09 is not reached any more: nothing listens there\n" in shown
    assert "  newly unknown: on cas09, before: a (pass), b (pass), c (pass)\n" in shown
    assert "long" not in shown


def test_what_deviates_as_before_is_told_in_one_line_for_each_server(run: Run) -> None:
    shown = rendered(silent_now(run, ChangeKind.STILL_DEVIATING, "a", "b"))

    assert "  still deviating: on cas09 since May: a, b\n" in shown


def test_checks_of_several_policies_are_told_apart_in_what_changed(run: Run) -> None:
    one, other = (silent_now(run, ChangeKind.RESOLVED, "a", policy=name).drift for name in ("owa", "tls"))
    assert one is not None
    assert other is not None

    shown = rendered(replace(run, drift=replace(one, changes=one.changes + other.changes)))

    assert "  resolved: owa/a on cas09: long\n" in shown
    assert "  resolved: tls/a on cas09: long\n" in shown


def test_a_first_run_says_that_there_is_none_to_compare_with_instead_of_what_changed(run: Run) -> None:
    shown = rendered(replace(run, drift=BEGINNING))

    assert "\nchanges\n  note:  there is no run to compare with yet, so every deviation counts as new\n" in shown


def test_a_comparison_without_changes_says_so(run: Run) -> None:
    same = replace(run, drift=Drift(against="yesterday", changes=()))

    assert "changes against yesterday\n  none\n" in rendered(same)


def test_without_a_comparison_nothing_is_said_of_changes(run: Run) -> None:
    assert "changes against" not in rendered(replace(run, drift=None))


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_change_can_be_shown(run: Run, kind: ChangeKind) -> None:
    change = Change(host="*", check="agree", kind=kind, causes=(Cause.SERVER,), text="it changed")

    shown = rendered(replace(run, drift=Drift(against="yesterday", changes=(change,))))

    assert f"{kind.replace('_', ' ')}: agree on the fleet: it changed" in shown


@pytest.mark.parametrize("kind", [field.name for field in fields(WaiverNotes)])
def test_every_note_on_waivers_is_shown(run: Run, kind: str) -> None:
    notes = WaiverNotes(**{kind: ("what is to be said",)})

    assert f"  {kind.replace('_', ' ')}: what is to be said\n" in rendered(replace(run, waivers=notes))


def test_a_run_that_was_interrupted_says_so(run: Run) -> None:
    assert "INTERRUPTED" in rendered(replace(run, interrupted=True))
    assert "INTERRUPTED" not in rendered(run)
