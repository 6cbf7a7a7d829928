from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

from auditor.formats.format import pieces
from auditor.formats.junit import FORMAT
from auditor.model.drift import ALL_NEW, BEGINNING
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.run import Run
from auditor.model.waiver import WaiverNotes


def rendered(run: Run) -> ET.Element:
    return ET.fromstring(b"".join(pieces(FORMAT, run)))


def suite(report: ET.Element, name: str) -> ET.Element:
    (found,) = [each for each in report.iter("testsuite") if each.get("name", "").startswith(name)]
    return found


def ending(case: ET.Element) -> str:
    return case[0].tag if len(case) else "passed"


def alone(run: Run) -> Run:
    """Return the run without waivers and without another run to compare with."""
    return replace(run, waivers=WaiverNotes(), drift=None)


def only(run: Run, *findings: Finding) -> Run:
    return replace(alone(run), findings=findings, hosts=run.hosts[:1], exit_code=0)


def finding(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict)


def test_there_is_one_suite_for_each_server_and_policy_and_one_for_the_unreachable_server(run: Run) -> None:
    report = rendered(alone(run))

    pairs = {(each.host, each.policy) for each in run.findings}
    assert len(report) == len(pairs) + 1
    assert [each.get("id") for each in report] == [str(number) for number in range(len(report))]


def test_the_counts_of_a_suite_are_the_numbers_of_its_elements(run: Run) -> None:
    for each in rendered(run):
        ended = Counter(ending(case) for case in each.iter("testcase"))

        counted = {key: int(each.get(key, "")) for key in ("tests", "failures", "errors", "skipped")}
        assert counted == {
            "tests": ended.total(),
            "failures": ended["failure"],
            "errors": ended["error"],
            "skipped": ended["skipped"],
        }


def test_each_verdict_has_its_element(run: Run) -> None:
    wanted = {
        Verdict.PASS: "passed",
        Verdict.WARN: "passed",
        Verdict.FAIL: "failure",
        Verdict.ERROR: "error",
        Verdict.NOT_APPLICABLE: "skipped",
    }

    shown = {verdict: ending(next(rendered(only(run, finding(run, verdict))).iter("testcase"))) for verdict in Verdict}

    assert shown == wanted


def test_a_failure_says_what_was_expected_found_and_is_to_do(run: Run) -> None:
    failed = next(each for each in run.findings if each.verdict is Verdict.FAIL and each.host != FLEET)

    (failure,) = rendered(only(run, failed)).iter("failure")

    assert failure.get("type") == "high"
    assert failure.get("message") == failed.reason
    for part in (failed.expected, failed.actual, failed.reason, failed.reference, *failed.remediation.split("\n")):
        assert part in (failure.text or "")


def test_a_failure_without_a_reason_says_what_was_expected_and_found(run: Run) -> None:
    failed = replace(finding(run, Verdict.FAIL), reason="", expected="x equals 1", actual="x is 0")

    (failure,) = rendered(only(run, failed)).iter("failure")

    assert failure.get("message") == "expected x equals 1, found x is 0"


def test_a_failure_that_says_nothing_is_still_a_failure(run: Run) -> None:
    empty = replace(run.hosts[2], reason="")

    (error,) = rendered(replace(run, findings=(), hosts=(empty,))).iter("error")

    assert error.get("message") == "no reason given"


def test_a_warning_passes_and_stands_in_the_output_and_properties_of_its_suite(run: Run) -> None:
    warned = finding(run, Verdict.WARN)

    shown = suite(rendered(run), warned.host)

    assert shown.get("failures") == "0"
    assert f"WARNING {warned.check}: {warned.title}" in (shown.findtext("system-out") or "")
    assert warned.reason in (shown.findtext("system-out") or "")
    assert shown.find(f"properties/property[@name='warning.{warned.check}']") is not None


def test_a_warning_fails_when_the_gate_counts_warnings(run: Run) -> None:
    gated = replace(only(run, finding(run, Verdict.WARN)), fail_on="warning")

    (failure,) = rendered(gated).iter("failure")

    assert failure.get("type") == "warning"


def test_an_unreachable_server_is_an_error_with_its_reason(run: Run) -> None:
    (silent,) = [host for host in run.hosts if host.status is Status.UNREACHABLE]

    (error,) = suite(rendered(run), f"{silent.name} / collect").iter("error")

    assert error.get("type") == "unreachable"
    assert error.get("message") == silent.reason


def test_not_applicable_says_why_as_message_and_as_text(run: Run) -> None:
    (skipped,) = rendered(only(run, finding(run, Verdict.NOT_APPLICABLE))).iter("skipped")

    assert skipped.get("message") == skipped.text
    assert (skipped.text or "").startswith("not applicable: ")


def test_findings_about_the_fleet_have_a_suite_of_their_own(run: Run) -> None:
    shown = suite(rendered(run), "fleet / ")

    assert shown.get("hostname") == "fleet"
    assert shown.get("failures") == "1"


def test_the_class_name_has_one_dot_between_server_and_policy(run: Run) -> None:
    dotted = replace(run.findings[0], host="cas01.corp.example", policy="owa.v1.0")

    (case,) = rendered(only(run, dotted)).iter("testcase")

    assert case.get("classname") == "cas01_corp_example.owa_v1_0"


def test_servers_whose_names_differ_only_in_dots_do_not_share_a_class(run: Run) -> None:
    alike = [replace(run.findings[0], host=host) for host in ("a.b", "a_b", "a_b (2)")]

    classes = [case.get("classname") for case in rendered(only(run, *alike)).iter("testcase")]

    assert len(set(classes)) == 3


def test_no_two_tests_of_a_suite_have_one_name(run: Run) -> None:
    twice = replace(run.findings[0], title="t" * 300)

    report = rendered(only(run, twice, twice, replace(twice, title="t" * 301)))

    assert len({case.get("name") for case in report.iter("testcase")}) == 3


def test_the_timestamp_is_in_utc_without_a_zone(run: Run) -> None:
    moved = replace(run, started="2026-11-23T03:00:00.123456+01:00")

    assert {each.get("timestamp") for each in rendered(moved)} == {"2026-11-23T02:00:00"}


def test_a_run_that_judged_nothing_is_red(run: Run) -> None:
    empty = replace(run, findings=(), hosts=(), exit_code=3, exit_reason="nothing was judged: no server")

    (error,) = rendered(empty).iter("error")

    assert error.get("message") == "nothing was judged: no server"


def test_a_compliant_run_has_nothing_red(run: Run) -> None:
    report = rendered(only(run, finding(run, Verdict.PASS)))

    assert len(report) == 1
    assert not [*report.iter("error"), *report.iter("failure"), *report.iter("skipped")]


def test_a_waived_deviation_is_skipped_and_says_by_whom_until_when_and_what_it_was(run: Run) -> None:
    (waived,) = [each for each in run.findings if each.waiver and each.verdict is Verdict.FAIL]

    (skipped,) = rendered(only(run, waived)).iter("skipped")

    said = f"WAIVED until 2026-12-31 by Jane Doe (ssloffloaded-cas04 CHG-4711): was fail: {waived.reason}"
    assert skipped.get("message") == said
    assert f"actual: {waived.actual}\n" in (skipped.text or "")
    assert (skipped.text or "").endswith("accepted because: The accelerator is replaced in December.")


def test_a_waived_warning_is_skipped_whatever_the_gate_and_no_longer_told_as_a_warning(run: Run) -> None:
    (waived,) = [each for each in run.findings if each.waiver and each.verdict is Verdict.WARN]

    for fail_on in ("fail", "warning"):
        report = rendered(replace(only(run, waived), fail_on=fail_on))

        (skipped,) = report.iter("skipped")
        assert "by Joe Public (activesync-cas04): was warn: " in skipped.get("message", "")
        assert "WARNING" not in (report.findtext("testsuite/system-out") or "")
        assert report.find("testsuite/properties/property[@name='warning.activesync-not-offloaded']") is None


def test_what_is_new_against_the_other_run_is_marked(run: Run) -> None:
    report = rendered(run)

    said = [each.get("message", "") for kind in ("failure", "error") for each in report.iter(kind)]
    assert len([message for message in said if message.startswith("[new] ")]) == 2
    assert [message for message in said if "REG_SZ" in message] == [
        "[new] the value has the type REG_SZ, which Exchange does not read"
    ]


def test_notes_on_waivers_and_the_number_of_changes_stand_in_the_suite_of_the_run(run: Run) -> None:
    shown = suite(rendered(run), "auditor / run")

    assert run.drift is not None
    for note in (*run.waivers.expired, *run.waivers.expiring, *run.waivers.not_covered, *run.waivers.unused):
        assert note in (shown.findtext("system-out") or "")
    assert run.drift.notes[0] in (shown.findtext("system-out") or "")
    assert shown.find("properties/property[@name='changes.new_deviation'][@value='1']") is not None
    assert {ending(case) for case in shown.iter("testcase")} == {"passed"}


def test_a_first_run_has_a_note_and_no_numbers_of_changes(run: Run) -> None:
    shown = suite(rendered(replace(run, drift=BEGINNING)), "auditor / run")

    assert f"NOTE ON CHANGES {ALL_NEW}" in (shown.findtext("system-out") or "")
    assert [each.get("name") for each in shown.iter("property")] == ["run"]


def test_a_run_that_is_not_green_for_other_reasons_is_red_beside_its_notes(run: Run) -> None:
    passed = replace(run, hosts=(), findings=(finding(run, Verdict.PASS),), exit_code=3, exit_reason="too few servers")

    shown = suite(rendered(passed), "auditor / run")

    assert [ending(case) for case in shown.iter("testcase")] == ["error", "passed", "passed"]
