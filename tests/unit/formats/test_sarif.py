import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from auditor.formats.format import no_answers
from auditor.formats.sarif import FORMAT, MOST_RESULTS
from auditor.formats.sarif_result import state_of
from auditor.formats.sarif_text import message, uri
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, identity
from auditor.model.policy import Severity, Source
from auditor.model.run import Run


def written(run: Run) -> dict[str, bytes]:
    return {file.name: b"".join(file.content) for file in FORMAT.files(run, no_answers)}


def logs(run: Run) -> dict[str, Any]:
    """Return the one SARIF run of each file."""
    return {name: json.loads(content)["runs"][0] for name, content in written(run).items()}


def results(run: Run) -> list[dict[str, Any]]:
    return [result for log in logs(run).values() for result in log["results"]]


def only(run: Run, *findings: Finding) -> Run:
    return replace(run, findings=findings, drift=None)


def of_verdict(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict and each.waiver is None)


def compared(run: Run, *changes: Change) -> Run:
    return replace(run, drift=Drift(against="before", changes=changes))


def change(finding: Finding, kind: ChangeKind, before: State | None, after: State | None) -> Change:
    return Change(
        host=finding.host,
        policy=finding.policy,
        check=finding.check,
        kind=kind,
        causes=(Cause.SERVER,),
        before=before,
        after=after,
        since="2026-11-20T02:00:00Z",
        text="what happened",
    )


def state(verdict: Verdict, actual: str = "", *, waived: bool = False) -> State:
    return State(verdict=verdict, actual=actual, waived=waived)


@pytest.mark.parametrize(
    ("verdict", "kind", "level"),
    [
        (Verdict.PASS, "pass", "none"),
        (Verdict.WARN, "fail", "warning"),
        (Verdict.FAIL, "fail", "error"),
        (Verdict.ERROR, "open", "none"),
        (Verdict.NOT_APPLICABLE, "notApplicable", "none"),
    ],
)
def test_kind_and_level_say_the_verdict(run: Run, verdict: Verdict, kind: str, level: str) -> None:
    (result,) = results(only(run, of_verdict(run, verdict)))

    assert (result["kind"], result["level"]) == (kind, level)


def test_what_needs_no_look_stands_in_a_file_that_no_upload_of_a_folder_takes(run: Run) -> None:
    by_file = {
        name: {result["kind"] for result in log["results"]} for name, log in logs(replace(run, drift=None)).items()
    }

    assert by_file == {"report.sarif": {"fail", "open"}, "report-settled.sarif.json": {"pass", "notApplicable"}}


def test_a_run_of_nothing_has_a_report_all_the_same(run: Run) -> None:
    (log,) = logs(replace(run, findings=(), drift=None)).values()

    assert log["results"] == []
    assert log["invocations"][0]["exitCode"] == run.exit_code


def test_a_result_stands_at_its_checks_line_and_names_its_server(run: Run) -> None:
    failed = next(each for each in run.findings if each.check == "ssl-offloaded-set" and each.verdict is Verdict.FAIL)

    (result,) = results(only(run, failed))

    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "policies/exchange-2007-owa-ssl-offloading.yaml"},
        "region": {"startLine": 41},
    }
    assert place["logicalLocations"] == [{"name": failed.host, "fullyQualifiedName": failed.host, "kind": "server"}]


def test_a_finding_about_the_fleet_says_so(run: Run) -> None:
    (result,) = results(only(run, next(each for each in run.findings if each.host == FLEET)))

    (named,) = result["locations"][0]["logicalLocations"]
    assert named == {"name": "all servers together", "fullyQualifiedName": FLEET, "kind": "fleet"}


def test_a_finding_of_a_policy_that_is_not_in_the_run_has_a_place_and_a_rule(run: Run) -> None:
    strange = replace(of_verdict(run, Verdict.FAIL), policy="gone", check="other", title="Not kept")

    (log,) = logs(replace(only(run, strange), policies=())).values()

    (result,), (rule,) = log["results"], log["tool"]["driver"]["rules"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "run.json"}
    assert (result["ruleId"], result["ruleIndex"], rule["id"]) == ("gone:other", 0, "gone:other")
    assert rule["shortDescription"] == {"text": "Not kept."}


def test_the_fingerprint_is_the_same_whatever_is_found(run: Run) -> None:
    failed = of_verdict(run, Verdict.FAIL)
    other = replace(failed, actual="something else", title="New words", verdict=Verdict.WARN)

    fingerprints = [each["partialFingerprints"] for finding in (failed, other) for each in results(only(run, finding))]

    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[0] == {"auditor/v1": identity(failed), "primaryLocationLineHash": f"{identity(failed)}:1"}


def test_no_two_results_of_a_report_have_one_fingerprint(run: Run) -> None:
    """What passes now and what is gone with that are two results of one check on one server."""
    found = [each["partialFingerprints"]["auditor/v1"] for each in results(run)]

    assert len(set(found)) == len(found) == len(run.findings) + 1


def test_a_waiver_is_an_accepted_suppression_by_whom_until_when_and_why(run: Run) -> None:
    (waived,) = [each for each in run.findings if each.waiver and each.verdict is Verdict.FAIL]

    (result,) = results(only(run, waived))

    (suppression,) = result["suppressions"]
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == (
        "Waived until 2026-12-31 by Jane Doe (ssloffloaded-cas04, CHG-4711): The accelerator is replaced in December."
    )
    assert suppression["properties"] == {
        "waiver": "ssloffloaded-cas04",
        "owner": "Jane Doe",
        "ticket": "CHG-4711",
        "until": "2026-12-31",
    }


def test_suppressions_and_baseline_states_are_told_of_all_results_or_of_none(run: Run) -> None:
    told, alone = results(run), results(replace(run, drift=None))

    assert all("suppressions" in each for each in told)
    assert all("baselineState" in each for each in told)
    assert not any("baselineState" in each for each in alone)


@pytest.mark.parametrize(
    ("verdict", "kind", "before", "after", "expected"),
    [
        (Verdict.FAIL, ChangeKind.NEW_DEVIATION, state(Verdict.PASS), state(Verdict.FAIL), "new"),
        (Verdict.FAIL, ChangeKind.NEW_DEVIATION, state(Verdict.WARN), state(Verdict.FAIL), "updated"),
        (Verdict.FAIL, ChangeKind.NEW_CHECK, None, state(Verdict.FAIL), "new"),
        (Verdict.FAIL, ChangeKind.STILL_DEVIATING, state(Verdict.FAIL), state(Verdict.FAIL), "unchanged"),
        (Verdict.WARN, ChangeKind.STILL_DEVIATING, state(Verdict.FAIL), state(Verdict.WARN), "updated"),
        (Verdict.FAIL, ChangeKind.VALUE_CHANGED, state(Verdict.FAIL, "1"), state(Verdict.FAIL, "2"), "updated"),
        (
            Verdict.FAIL,
            ChangeKind.WAIVER_CHANGED,
            state(Verdict.FAIL, waived=True),
            state(Verdict.FAIL, waived=True),
            "updated",
        ),
        (Verdict.ERROR, ChangeKind.NEWLY_UNKNOWN, state(Verdict.PASS), state(Verdict.ERROR), "new"),
        (Verdict.ERROR, ChangeKind.NEWLY_UNKNOWN, state(Verdict.FAIL), state(Verdict.ERROR), "updated"),
        (Verdict.FAIL, ChangeKind.KNOWN_AGAIN, state(Verdict.ERROR), state(Verdict.FAIL), "updated"),
        (Verdict.PASS, ChangeKind.RESOLVED, state(Verdict.FAIL), state(Verdict.PASS), "new"),
        (
            Verdict.PASS,
            ChangeKind.APPLICABILITY_CHANGED,
            state(Verdict.NOT_APPLICABLE),
            state(Verdict.PASS),
            "updated",
        ),
    ],
)
def test_a_change_is_a_baseline_state(
    run: Run, verdict: Verdict, kind: ChangeKind, before: State | None, after: State, expected: str
) -> None:
    finding = replace(run.findings[1], verdict=verdict)

    assert state_of(finding, change(finding, kind, before, after), is_new_server=False) == expected


@pytest.mark.parametrize(("is_new_server", "expected"), [(False, "unchanged"), (True, "new")])
def test_what_did_not_change_is_unchanged_but_on_a_new_server(run: Run, is_new_server: bool, expected: str) -> None:  # noqa: FBT001  a parameter of the test
    assert state_of(run.findings[0], None, is_new_server=is_new_server) == expected


@pytest.mark.parametrize("before", [Verdict.FAIL, Verdict.WARN, Verdict.ERROR])
@pytest.mark.parametrize("after", [state(Verdict.PASS), state(Verdict.NOT_APPLICABLE), None])
def test_what_needs_no_look_any_more_is_absent_and_says_why(run: Run, before: Verdict, after: State | None) -> None:
    finding = of_verdict(run, Verdict.PASS)
    resolved = change(finding, ChangeKind.RESOLVED, state(before, "as it was"), after)

    absent = [each for each in results(compared(run, resolved)) if each["baselineState"] == "absent"]

    (gone,) = absent
    assert gone["partialFingerprints"]["auditor/v1"] == identity(finding)
    assert gone["properties"]["found"] == "as it was"
    assert "what happened" in gone["message"]["text"]
    assert gone["kind"] in ("fail", "open")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (state(Verdict.PASS), None),
        (state(Verdict.FAIL), state(Verdict.ERROR)),
        (state(Verdict.FAIL), state(Verdict.FAIL, waived=True)),
        (None, state(Verdict.PASS)),
    ],
)
def test_what_still_needs_a_look_or_never_did_is_not_absent(
    run: Run, before: State | None, after: State | None
) -> None:
    changed = change(of_verdict(run, Verdict.PASS), ChangeKind.REMOVED_CHECK, before, after)

    assert not [each for each in results(compared(run, changed)) if each["baselineState"] == "absent"]


def test_since_when_it_deviates_is_its_first_detection(run: Run) -> None:
    finding = of_verdict(run, Verdict.FAIL)
    same = change(finding, ChangeKind.STILL_DEVIATING, state(Verdict.FAIL), state(Verdict.FAIL))

    (result,) = [each for each in results(compared(run, same)) if "provenance" in each]

    assert result["provenance"] == {"firstDetectionTimeUtc": "2026-11-20T02:00:00Z"}


def test_a_server_that_was_not_reached_makes_the_execution_fail_and_is_named(run: Run) -> None:
    (silent,) = [host for host in run.hosts if host.status is Status.UNREACHABLE]

    (invocation,) = logs(run)["report.sarif"]["invocations"]

    (note,) = [
        each for each in invocation["toolExecutionNotifications"] if each["descriptor"]["id"] == "server-not-reached"
    ]
    assert invocation["executionSuccessful"] is False
    assert note["level"] == "error"
    assert silent.reason in note["message"]["text"]
    assert note["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == silent.name


@pytest.mark.parametrize(("exit_code", "expected"), [(0, True), (1, True), (3, False), (130, False)])
def test_an_execution_is_successful_when_everything_is_known(run: Run, exit_code: int, expected: bool) -> None:  # noqa: FBT001  a parameter of the test
    reached = tuple(replace(host, status=Status.REACHED) for host in run.hosts)

    (invocation,) = logs(replace(run, hosts=reached, exit_code=exit_code))["report.sarif"]["invocations"]

    assert invocation["executionSuccessful"] is expected


def test_notifications_stand_in_the_first_file_alone_and_lead_to_their_descriptors(run: Run) -> None:
    first, settled = logs(run)["report.sarif"], logs(run)["report-settled.sarif.json"]

    notes = first["invocations"][0]["toolExecutionNotifications"]
    descriptors = first["tool"]["driver"]["notifications"]
    assert {descriptors[note["descriptor"]["index"]]["id"] == note["descriptor"]["id"] for note in notes} == {True}
    assert settled["invocations"][0]["toolExecutionNotifications"] == []
    assert settled["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize("severity", list(Severity))
def test_the_severity_is_a_number_in_the_range_that_github_calls_so(run: Run, severity: Severity) -> None:
    finding = replace(of_verdict(run, Verdict.FAIL), severity=severity)

    (log,) = logs(replace(only(run, finding), policies=())).values()

    (rule,) = log["tool"]["driver"]["rules"]
    ranges = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
    if severity is Severity.INFO:
        assert "security-severity" not in rule["properties"]
    else:
        low, high = ranges[severity]
        assert low <= float(rule["properties"]["security-severity"]) <= high


def test_a_rule_says_what_to_do_and_what_demands_it_and_what_it_answers_to(run: Run) -> None:
    log = logs(run)["report.sarif"]

    rule = next(each for each in log["tool"]["driver"]["rules"] if each["id"].endswith(":activesync-not-offloaded"))
    named = [
        (
            log["taxonomies"][each["target"]["toolComponent"]["index"]]["name"],
            log["taxonomies"][each["target"]["toolComponent"]["index"]]["taxa"][each["target"]["index"]]["id"],
        )
        for each in rule["relationships"]
    ]
    assert named == [
        ("NIST SP 800-53 Rev. 5", "SC-8"),
        ("NIST SP 800-53 Rev. 5", "SC-8(1)"),
        ("STIG", "V-00001"),
    ]
    assert rule["help"]["text"] == (
        "To do: Let the accelerator pass ActiveSync on over SSL.\n"
        "Demanded by: How to Configure SSL Offloading for Outlook Web Access, 2008-03-18, Note below step 1\n"
        "Answers to: NIST SP 800-53 Rev. 5: SC-8, SC-8(1); STIG: V-00001"
    )
    assert rule["defaultConfiguration"] == {"level": "warning"}


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("javascript:alert(1)", None),
        ("https://example.com/a b", None),
        ("", None),
    ],
)
def test_only_a_web_address_is_a_rules_help(run: Run, link: str, expected: str | None) -> None:
    policies = tuple(replace(each, source=Source(document="d", link=link)) for each in run.policies)

    log = logs(replace(run, policies=policies))["report.sarif"]

    assert {rule.get("helpUri") for rule in log["tool"]["driver"]["rules"]} == {expected}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("policies/owa.yaml", "policies/owa.yaml"),
        (r"policies\my owa.yaml", "policies/my%20owa.yaml"),
        ("/etc/auditor/owa.yaml", "file:///etc/auditor/owa.yaml"),
        (r"C:\audit\owa.yaml", "file:///C:/audit/owa.yaml"),
        ("a:b#c?d%e", "a%3Ab%23c%3Fd%25e"),
        ("\ud800\n", "%5Cud800%5Cu000a"),
    ],
)
def test_a_path_becomes_a_uri(path: str, expected: str) -> None:
    assert uri(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("required equals []", "required equals []."),
        ("{GUID} and {}", "{GUID} and {}."),
        ("[click](https://evil.example)", r"\[click\](https://evil.example)."),
        ("{0} of {x}", "{{0}} of {{x}}."),
        ("done!", "done!"),
    ],
)
def test_a_message_is_no_link_and_has_no_placeholder(text: str, expected: str) -> None:
    assert message(text) == {"text": expected}


class Many(Sequence[Finding]):
    """One finding over and over, each time of another server."""

    def __init__(self, finding: Finding, length: int) -> None:
        self._finding = finding
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:
        return replace(self._finding, host=f"server-{place:06}")

    def __iter__(self) -> Iterator[Finding]:
        return (self[place] for place in range(self._length))


def test_more_results_than_github_takes_are_split_and_none_is_lost(run: Run) -> None:
    many = Many(of_verdict(run, Verdict.FAIL), MOST_RESULTS + 1)

    found = logs(replace(run, findings=many, drift=None))

    assert {name: len(log["results"]) for name, log in found.items()} == {"report.sarif": 25_000, "report-2.sarif": 1}
    servers = {result["properties"]["server"] for log in found.values() for result in log["results"]}
    assert len(servers) == len(many)
    assert len({log["automationDetails"]["id"].rpartition("/")[0] for log in found.values()}) == 2


def test_more_rules_than_github_takes_are_split_and_each_result_leads_to_its_own(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.formats.sarif_rule.MOST_RULES", 3)
    failed = of_verdict(run, Verdict.FAIL)
    findings = [replace(failed, check=f"check-{number}") for number in range(7)]

    found = logs(replace(only(run, *findings), policies=()))

    assert [len(log["results"]) for log in found.values()] == [3, 3, 1]
    for log in found.values():
        rules = [rule["id"] for rule in log["tool"]["driver"]["rules"]]
        assert [rules[result["ruleIndex"]] for result in log["results"]] == [each["ruleId"] for each in log["results"]]


def test_a_run_of_more_checks_than_github_takes_names_those_that_are_used(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.formats.sarif_rule.MOST_RULES", 3)

    log = logs(only(run, of_verdict(run, Verdict.FAIL)))["report.sarif"]

    assert [rule["id"] for rule in log["tool"]["driver"]["rules"]] == [log["results"][0]["ruleId"]]
    assert log["tool"]["driver"]["rules"][0]["fullDescription"] == {"text": "Without it users are refused."}


def test_texts_that_do_not_compress_are_split_below_what_github_takes(run: Run) -> None:
    failed, random = of_verdict(run, Verdict.FAIL), Random(0)
    findings = tuple(
        replace(failed, host=f"s{number:05}", actual=random.randbytes(1500).hex()) for number in range(7_000)
    )

    files = written(only(run, *findings))

    assert len(files) > 1
    assert max(len(zlib.compress(content, 6)) for content in files.values()) < 10_000_000
    assert sum(len(json.loads(content)["runs"][0]["results"]) for content in files.values()) == len(findings)


def test_whoever_leaves_a_file_out_comes_to_the_end_all_the_same(run: Run) -> None:
    names = [file.name for file in FORMAT.files(run, no_answers)]

    assert names == ["report.sarif", "report-settled.sarif.json"]
