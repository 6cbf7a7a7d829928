"""`oscal.json`: what stands where; validity and references are tested in tests/interop."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from auditor.formats.format import no_answers, pieces
from auditor.formats.oscal import FORMAT
from auditor.formats.oscal_parts import control_token, token, uuid, web_link
from auditor.model.answer import Absent, Denied
from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import Verdict
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

MARK = WaiverMark(id="w1", owner="Jane", reason="why", ticket="T1", expires="2027-01-01")
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def document(run: Run, answers: Any = no_answers) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(b"".join(pieces(FORMAT, run, answers)))["assessment-results"]
    return written


def result(run: Run, answers: Any = no_answers) -> dict[str, Any]:
    (found,) = document(run, answers)["results"]
    assert isinstance(found, dict)
    return found


def only(run: Run, **changed: Any) -> Run:
    return replace(run, findings=(replace(run.findings[1], **changed),), hosts=run.hosts[:1])


def props(part: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in part["props"]}


@pytest.mark.parametrize(
    ("verdict", "state", "reason"),
    [
        (Verdict.PASS, "satisfied", "pass"),
        (Verdict.WARN, "not-satisfied", "fail"),
        (Verdict.FAIL, "not-satisfied", "fail"),
        (Verdict.ERROR, "not-satisfied", "other"),
    ],
)
def test_only_what_passes_is_satisfied(run: Run, verdict: Verdict, state: str, reason: str) -> None:
    (found,) = result(only(run, verdict=verdict))["findings"]

    status = found["target"]["status"]
    assert (status["state"], status["reason"]) == (state, reason)
    assert props(found)["verdict"] == verdict.value


def test_what_does_not_apply_is_observed_without_a_finding(run: Run) -> None:
    found = result(only(run, verdict=Verdict.NOT_APPLICABLE))

    assert "findings" not in found
    assert "risks" not in found
    (seen,) = found["observations"]
    assert props(seen)["verdict"] == "not_applicable"


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN])
def test_a_deviation_is_an_open_risk_with_what_to_do(run: Run, verdict: Verdict) -> None:
    (risk,) = result(only(run, verdict=verdict))["risks"]

    assert risk["status"] == "open"
    assert risk["remediations"][0]["description"] == "Let the accelerator pass ActiveSync on over SSL."
    assert risk["characterizations"][0]["facets"][0]["value"] == "medium"
    assert "deadline" not in risk


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.ERROR])
def test_what_does_not_deviate_is_no_risk(run: Run, verdict: Verdict) -> None:
    assert "risks" not in result(only(run, verdict=verdict))


def test_a_waiver_approves_the_deviation_until_its_end(run: Run) -> None:
    (risk,) = result(only(run, verdict=Verdict.FAIL, waiver=MARK))["risks"]

    assert risk["status"] == "deviation-approved"
    assert risk["deadline"] == "2027-01-01T23:59:59Z"
    waiver = {name: value for name, value in props(risk).items() if name.startswith("waiver")}
    assert waiver == {"waiver": "w1", "waiver-owner": "Jane", "waiver-ticket": "T1", "waiver-expires": "2027-01-01"}


def test_a_waiver_whose_end_is_no_date_has_no_deadline(run: Run) -> None:
    (risk,) = result(only(run, verdict=Verdict.FAIL, waiver=replace(MARK, expires="some day")))["risks"]

    assert "deadline" not in risk
    assert props(risk)["waiver-expires"] == "some day"


def test_a_risk_can_be_followed_over_runs_and_a_finding_is_of_one_run(run: Run) -> None:
    one, other = (result(only(replace(run, id=name), verdict=Verdict.FAIL)) for name in ("one", "other"))

    assert one["risks"][0]["uuid"] == other["risks"][0]["uuid"]
    assert one["findings"][0]["uuid"] != other["findings"][0]["uuid"]
    assert one["observations"][0]["subjects"] == other["observations"][0]["subjects"]


def test_a_server_that_was_not_reached_is_not_scanned_and_not_satisfied(run: Run) -> None:
    found = result(replace(run, findings=()))

    items = {item["description"]: props(item) for item in found["local-definitions"]["inventory-items"]}
    assert items["cas03.corp.example"]["is-scanned"] == "no"
    assert items["cas01.corp.example"]["is-scanned"] == "yes"
    (silent,) = found["findings"]
    assert silent["target"]["target-id"] == "server-reached_obj"
    assert silent["target"]["status"]["state"] == "not-satisfied"
    assert "cas03.corp.example was not reached" in [entry["title"] for entry in found["assessment-log"]["entries"]]


def test_a_check_names_the_document_that_demands_it_and_the_controls_it_answers_to(run: Run) -> None:
    written = document(run)

    (objective,) = (
        each
        for each in written["local-definitions"]["objectives-and-methods"]
        if each["control-id"].endswith(".activesync-not-offloaded")
    )
    titles = {f"#{each['uuid']}": each["title"] for each in written["back-matter"]["resources"]}
    assert [(titles[link["href"]], link["text"]) for link in objective["links"]] == [
        (
            "How to Configure SSL Offloading for Outlook Web Access",
            "How to Configure SSL Offloading for Outlook Web Access, 2008-03-18: Note below step 1",
        ),
        (
            "OWA behind an SSL accelerator (Exchange 2007)",
            "OWA behind an SSL accelerator (Exchange 2007), version 1.0",
        ),
        ("NIST SP 800-53 Rev. 5", "NIST SP 800-53 Rev. 5: SC-8, SC-8(1)"),
        ("STIG", "STIG: V-00001"),
    ]
    _, nist, stig = written["results"][0]["reviewed-controls"]["control-selections"]
    assert [each["control-id"] for each in nist["include-controls"]] == ["cm-6", "sc-8", "sc-8.1"]
    assert [each["control-id"] for each in stig["include-controls"]] == ["V-00001"]


def test_evidence_tells_absent_from_denied(run: Run) -> None:
    known = {"one": Absent(what="key"), "two": Denied(reason="no right")}

    (seen,) = result(only(run, questions=("one", "two", "three")), lambda _server: known)["observations"]

    assert seen["relevant-evidence"] == [
        {"description": "one", "remarks": "absent key"},
        {"description": "two", "remarks": "denied no right"},
        {"description": "three"},
    ]


def test_changes_of_what_is_no_finding_any_more_stand_in_the_log(run: Run) -> None:
    assert run.drift
    gone = Change(host="old", policy="p", check="c", kind=ChangeKind.REMOVED_CHECK, causes=(), text="not checked")
    changed = replace(run, drift=replace(run.drift, changes=(*run.drift.changes, gone)))

    entries = result(changed)["assessment-log"]["entries"]

    said = {(entry["title"], entry["description"]) for entry in entries}
    assert ("removed check", "old: p/c: not checked") in said
    assert ("new server", "mbx01.corp.example: audited for the first time: 1 check, 0 deviating") in said
    assert not any("resolved" in title for title, _ in said)


def test_uuids_are_those_of_version_5_whatever_the_name() -> None:
    made = [uuid("a", "b"), uuid("ab"), uuid("\ud800"), uuid("")]

    assert all(_UUID.fullmatch(each) for each in made)
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("name", ["", "1st", "a b", "\ud800", "x" * 1000, "a.b", "ä", "<>"])
def test_what_is_no_token_becomes_one(name: str) -> None:
    made = token(name)

    assert _TOKEN.fullmatch(made)
    assert len(made) < 200
    assert token("plain", "name-1") == "plain.name-1"


def test_different_names_are_different_tokens() -> None:
    names = [("a", "b"), ("a.b",), ("a b",), ("a_b",), ("a", "b", ""), ("a\tb",)]

    assert len({token(*each) for each in names}) == len(names)


@pytest.mark.parametrize(
    ("document", "control", "expected"),
    [
        ("NIST SP 800-53 Rev. 5", "SC-8(1)", "sc-8.1"),
        ("NIST SP 800-53 Rev. 5", "AC-02", "ac-2"),
        ("NIST SP 800-53 Rev. 4", "CM-6", "cm-6"),
        ("STIG", "V-00001", "V-00001"),
        ("STIG", "SC-8", "SC-8"),
    ],
)
def test_controls_of_nist_are_named_as_in_its_catalog(document: str, control: str, expected: str) -> None:
    assert control_token(document, control) == expected


def test_a_path_becomes_a_reference() -> None:
    assert web_link("policies/a b.yaml") == "policies/a%20b.yaml"
    assert web_link("https://example.org/a?b=c#d") == "https://example.org/a?b=c#d"
    assert web_link("\ud800\n") == "%5Cud800%0A"
