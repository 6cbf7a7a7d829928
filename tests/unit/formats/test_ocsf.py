"""`ocsf.jsonl`: what stands where; that it is valid OCSF is tested in tests/interop."""

import json
from dataclasses import replace
from typing import Any

import pytest

from auditor.formats.format import no_answers, pieces
from auditor.formats.ocsf import FORMAT
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.finding import FLEET, Verdict, identity
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

MARK = WaiverMark(id="w1", owner="Jane", reason="why", ticket="T1", expires="2027-01-01")


def events(run: Run, answers: Any = no_answers) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(pieces(FORMAT, run, answers)).splitlines()]


def only(run: Run, **changed: Any) -> Run:
    return replace(run, findings=(replace(run.findings[1], **changed),), hosts=run.hosts[:1])


def event(run: Run, answers: Any = no_answers) -> dict[str, Any]:
    (found,) = events(run, answers)
    return found


def compared(run: Run, kind: ChangeKind | None, before: Verdict | None, *, waived: bool = False) -> Run:
    """Return the run, with its first finding changed in that way since the run it was compared with."""
    (finding,) = run.findings
    told = Change(
        host=finding.host,
        policy=finding.policy,
        check=finding.check,
        kind=kind or ChangeKind.STILL_DEVIATING,
        causes=(Cause.SERVER,),
        before=None if before is None else State(verdict=before, actual="", waived=waived),
        after=State(verdict=finding.verdict, actual=""),
        since="2026-11-01T00:00:00Z",
        text="so it changed",
    )
    return replace(run, drift=Drift(against="before", changes=(told,) if kind else ()))


@pytest.mark.parametrize(
    ("now", "kind", "before", "activity", "status"),
    [
        (Verdict.FAIL, ChangeKind.NEW_DEVIATION, Verdict.PASS, "Create", "New"),
        (Verdict.WARN, ChangeKind.NEW_CHECK, None, "Create", "New"),
        (Verdict.PASS, ChangeKind.NEW_CHECK, None, "Create", "Compliant"),
        (Verdict.ERROR, ChangeKind.NEWLY_UNKNOWN, Verdict.PASS, "Create", "New"),
        (Verdict.FAIL, ChangeKind.STILL_DEVIATING, Verdict.FAIL, "Update", "Deviating"),
        (Verdict.FAIL, ChangeKind.VALUE_CHANGED, Verdict.FAIL, "Update", "Deviating"),
        (Verdict.ERROR, None, None, "Update", "Not Known"),
        (Verdict.PASS, None, None, "Update", "Compliant"),
        (Verdict.NOT_APPLICABLE, None, None, "Update", "Not Applicable"),
        (Verdict.PASS, ChangeKind.RESOLVED, Verdict.FAIL, "Close", "Resolved"),
        (Verdict.PASS, ChangeKind.KNOWN_AGAIN, Verdict.ERROR, "Close", "Resolved"),
        (Verdict.NOT_APPLICABLE, ChangeKind.APPLICABILITY_CHANGED, Verdict.FAIL, "Close", "Resolved"),
        (Verdict.PASS, ChangeKind.APPLICABILITY_CHANGED, Verdict.NOT_APPLICABLE, "Update", "Compliant"),
    ],
)
def test_what_changed_makes_the_activity(
    run: Run, now: Verdict, kind: ChangeKind | None, before: Verdict | None, activity: str, status: str
) -> None:
    found = event(compared(only(run, verdict=now), kind, before))

    assert (found["activity_name"], found["status"]) == (activity, status)
    assert found["type_uid"] == 200300 + found["activity_id"]


def test_what_is_waived_no_more_is_new(run: Run) -> None:
    changed = compared(only(run, verdict=Verdict.FAIL), ChangeKind.WAIVER_CHANGED, Verdict.FAIL, waived=True)

    assert event(changed)["activity_name"] == "Create"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_without_a_run_to_compare_with_everything_is_created(run: Run, verdict: Verdict) -> None:
    assert event(replace(only(run, verdict=verdict), drift=None))["activity_name"] == "Create"


def test_everything_on_a_new_server_is_created(run: Run) -> None:
    assert run.drift
    server = Change(host=run.findings[1].host, kind=ChangeKind.NEW_SERVER, causes=(Cause.INVENTORY,), text="new")

    found = event(replace(only(run, verdict=Verdict.PASS), drift=replace(run.drift, changes=(server,))))

    assert found["activity_name"] == "Create"


def test_a_waived_finding_is_suppressed_and_its_check_fails_all_the_same(run: Run) -> None:
    found = event(only(run, verdict=Verdict.FAIL, waiver=MARK))

    assert (found["status_id"], found["status"]) == (3, "Suppressed")
    assert found["compliance"]["status"] == "Fail"
    assert found["comment"] == "WAIVED until 2027-01-01 by Jane (w1, T1): why"
    assert found["unmapped"]["waiver"]["owner"] == "Jane"


def test_what_needs_no_action_is_informational_and_keeps_the_severity_of_its_check(run: Run) -> None:
    passed, failed = (event(only(run, verdict=each, severity=Severity.HIGH)) for each in (Verdict.PASS, Verdict.FAIL))

    assert (passed["severity"], failed["severity"]) == ("Informational", "High")
    assert passed["compliance"]["checks"][0]["severity"] == "High"


def test_a_check_says_what_demands_it_and_what_to_do(run: Run) -> None:
    found = event(only(run))

    source = "How to Configure SSL Offloading for Outlook Web Access, 2008-03-18"
    assert found["compliance"]["standards"] == [source, "NIST SP 800-53 Rev. 5", "STIG"]
    assert found["compliance"]["requirements"] == [
        f"{source}: Note below step 1",
        "NIST SP 800-53 Rev. 5: SC-8",
        "NIST SP 800-53 Rev. 5: SC-8(1)",
        "STIG: V-00001",
    ]
    assert found["remediation"] == {
        "desc": "Let the accelerator pass ActiveSync on over SSL.",
        "references": [f"{source}: Note below step 1"],
    }


def test_the_same_finding_has_the_same_uid_in_every_run_and_its_event_has_not(run: Run) -> None:
    one, other = event(only(run)), event(replace(only(run), id="another-run"))

    assert one["finding_info"]["uid"] == other["finding_info"]["uid"] == identity(run.findings[1])
    assert one["metadata"]["uid"] != other["metadata"]["uid"]


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (Observed(data=[1]), "observed", "[1]"),
        (Absent(what="key"), "absent", "key"),
        (Denied(reason="no right"), "denied", "no right"),
        (Failed(reason="lost"), "failed", "lost"),
    ],
)
def test_absent_denied_and_failed_answers_stay_apart(run: Run, answer: Answer, state: str, said: str) -> None:
    found = event(only(run), lambda _server: {"iis_sites": answer})

    assert found["evidences"] == [{"data": {"question": "iis_sites", "state": state, "answer": said}}]
    assert "evidences" not in event(only(run))


def test_what_is_about_the_fleet_has_no_device(run: Run) -> None:
    found = event(only(run, host=FLEET))

    assert "device" not in found
    assert found["metadata"]["profiles"] == []
    assert found["resources"][0]["uid"] == "*"


@pytest.mark.parametrize(
    ("drift", "activity"), [(None, "Create"), ("as it is", "Create"), ("nothing changed", "Update")]
)
def test_a_server_not_reached_is_told_anew_or_again(run: Run, drift: str | None, activity: str) -> None:
    assert run.drift
    kept = {None: None, "as it is": run.drift, "nothing changed": replace(run.drift, changes=())}

    (found,) = events(replace(run, findings=(), drift=kept[drift]))

    assert found["activity_name"] == activity
    assert found["device"]["hostname"] == "cas03.corp.example"
    assert found["compliance"]["status"] == "Unknown"


def test_every_line_is_one_event(run: Run) -> None:
    written = b"".join(pieces(FORMAT, run))

    assert written.count(b"\n") == len(run.findings) + 1
    assert written.endswith(b"}\n")
