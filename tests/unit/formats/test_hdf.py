"""`hdf.json`: what stands where; how Heimdall's own library reads it is tested in tests/interop."""

import json
from dataclasses import replace
from typing import Any

import pytest

from auditor.formats.format import no_answers, pieces
from auditor.formats.hdf import FORMAT
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.finding import Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

MARK = WaiverMark(id="w1", owner="Jane", reason="why", ticket="T1", expires="2027-01-01")


def read(run: Run, answers: Any = no_answers) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(b"".join(pieces(FORMAT, run, answers)))
    return document


def only(run: Run, **changed: Any) -> Run:
    return replace(run, findings=(replace(run.findings[1], **changed),), hosts=())


def control(run: Run, answers: Any = no_answers) -> dict[str, Any]:
    (profile,) = read(run, answers)["profiles"]
    (found,) = profile["controls"]
    assert isinstance(found, dict)
    return found


def labelled(found: dict[str, Any]) -> dict[str, str]:
    return {each["label"]: each["data"] for each in found["descriptions"]}


def test_a_profile_is_a_policy_on_a_server(run: Run) -> None:
    names = [profile["name"] for profile in read(run)["profiles"]]

    assert names == [
        "NOT REACHED: cas03.corp.example",
        "exchange-2007-owa-ssl-offloading on the fleet (all servers)",
        *(f"exchange-2007-owa-ssl-offloading on cas0{number}.corp.example" for number in (1, 2, 3, 4)),
        "exchange-2007-owa-ssl-offloading on mbx01.corp.example",
    ]


def test_what_is_known_of_a_server_stands_with_its_profile(run: Run) -> None:
    (profile,) = (each for each in read(run)["profiles"] if each["name"].endswith("cas02.corp.example"))

    facts = {each["name"]: each["options"]["value"] for each in profile["attributes"]}
    assert facts["status"] == "partial"
    assert facts["groups"] == "cas"
    assert facts["platform powershell"] == "2.0"
    assert profile["status_message"] == "1 of 9 questions denied"


@pytest.mark.parametrize("severity", list(Severity))
def test_no_severity_makes_a_check_that_does_not_apply(run: Run, severity: Severity) -> None:
    assert control(only(run, verdict=Verdict.FAIL, severity=severity))["impact"] > 0
    assert control(only(run, verdict=Verdict.NOT_APPLICABLE, severity=severity))["impact"] == 0


def test_a_waiver_stands_in_waiver_data_and_leaves_the_result_as_it_is(run: Run) -> None:
    found = control(only(run, verdict=Verdict.FAIL, waiver=MARK))

    assert found["results"][0]["status"] == "failed"
    assert found["waiver_data"] == {
        "expiration_date": "2027-01-01",
        "justification": "why",
        "message": "WAIVED until 2027-01-01 by Jane (w1, T1): why",
        "run": True,
        "skipped_due_to_waiver": True,
    }
    assert "waiver_data" not in control(only(run, verdict=Verdict.FAIL))


def test_a_check_says_where_it_stands_and_what_demands_it(run: Run) -> None:
    found = control(only(run))

    assert found["source_location"] == {"ref": "policies/exchange-2007-owa-ssl-offloading.yaml", "line": 64}
    assert found["refs"] == [
        {"ref": "How to Configure SSL Offloading for Outlook Web Access, 2008-03-18: Note below step 1"}
    ]
    assert found["tags"]["nist"] == ["SC-8", "SC-8(1)", "Rev_5"]
    assert found["tags"]["answers_to"]["STIG"] == ["V-00001"]
    assert labelled(found)["rationale"] == "Without it users are refused."
    assert labelled(found)["fix"] == "Let the accelerator pass ActiveSync on over SSL."


def test_a_source_that_can_be_read_somewhere_has_a_link(run: Run) -> None:
    (policy,) = run.policies
    linked = replace(policy, source=replace(policy.source, link="https://example.org/a"))

    assert control(only(replace(run, policies=(linked,))))["refs"][0]["url"] == "https://example.org/a"


def test_a_policy_that_was_not_kept_leaves_the_finding(run: Run) -> None:
    found = control(only(replace(run, policies=())))

    assert found["refs"] == []
    assert found["source_location"] == {}
    assert found["results"][0]["status"] == "failed"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Observed(data={"a": 1}), 'iis_sites: observed {"a": 1}'),
        (Absent(what="key"), "iis_sites: absent key"),
        (Denied(reason="no right"), "iis_sites: denied no right"),
        (Failed(reason="lost"), "iis_sites: failed lost"),
    ],
)
def test_absent_denied_and_failed_answers_stay_apart(run: Run, answer: Answer, said: str) -> None:
    assert labelled(control(only(run), lambda _server: {"iis_sites": answer}))["evidence"] == said


def test_without_evidence_the_questions_are_told(run: Run) -> None:
    assert labelled(control(only(run)))["evidence"] == "iis_sites"


def test_what_changed_is_told(run: Run) -> None:
    found = control(only(run))

    assert found["tags"]["change"] == "still_deviating"
    assert found["tags"]["since"] == "2026-11-20T02:00:00Z"
    assert labelled(found)["change"].startswith("still deviates, since ")


def test_what_is_said_of_the_run_is_handed_on(run: Run) -> None:
    (data,) = read(run)["passthrough"]["auxiliary_data"]

    assert data["data"]["exit_code"] == 3
    assert data["data"]["summary"] == {"error": 4, "fail": 3, "not_applicable": 2, "pass": 3, "warn": 2}
    assert any(note.startswith("waivers expired: activesync-cas01") for note in data["data"]["notes"])
