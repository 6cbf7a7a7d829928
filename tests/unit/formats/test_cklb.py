"""The checklists, read as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from auditor.formats.cklb import FORMAT
from auditor.formats.format import no_answers
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run

MEMBERS = ("title", "id", "stigs", "active", "mode", "has_path", "target_data", "cklb_version")


def files(run: Run) -> dict[str, Any]:
    return {file.name: json.loads(b"".join(file.content)) for file in FORMAT.files(run, no_answers)}


def rule(run: Run, finding: Finding) -> Any:
    (checklist,) = [
        each for name, each in files(replace(run, findings=(finding,), hosts=())).items() if name != FORMAT.filename
    ]
    ((found,),) = [stig["rules"] for stig in checklist["stigs"]]
    return found


def one(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict and not each.waiver)


def test_there_is_one_checklist_for_each_server_for_the_fleet_and_for_the_run(run: Run) -> None:
    written = files(run)

    assert sorted(written) == sorted([f"cklb/{name}.cklb" for name in ("fleet", "run", *(h.name for h in run.hosts))])
    assert {tuple(each) for each in written.values()} == {MEMBERS}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.PASS, "not_a_finding"),
        (Verdict.WARN, "open"),
        (Verdict.FAIL, "open"),
        (Verdict.ERROR, "not_reviewed"),
        (Verdict.NOT_APPLICABLE, "not_applicable"),
    ],
)
def test_each_verdict_has_its_status(run: Run, verdict: Verdict, status: str) -> None:
    assert rule(run, one(run, verdict))["status"] == status


def test_what_is_waived_stays_open_and_says_who_accepts_it(run: Run) -> None:
    for waived in (each for each in run.findings if each.waiver):
        shown = rule(run, waived)

        assert shown["status"] == "open"
        assert waived.waiver
        assert shown["comments"].startswith(f"WAIVED until {waived.waiver.expires} by {waived.waiver.owner}")


def test_the_details_say_verdict_reason_what_was_expected_and_found(run: Run) -> None:
    failed = one(run, Verdict.FAIL)

    details = rule(run, failed)["finding_details"]

    assert details.startswith("verdict: fail\n")
    for part in (failed.reason, failed.expected, failed.actual, failed.reference):
        assert part in details


def test_the_discussion_says_why_and_where_it_stands(run: Run) -> None:
    discussion = rule(run, next(each for each in run.findings if each.check == "activesync-not-offloaded"))[
        "discussion"
    ]

    assert discussion.split("\n") == [
        "Without it users are refused.",
        "Source: How to Configure SSL Offloading for Outlook Web Access, 2008-03-18, Note below step 1",
        "Answers to: NIST SP 800-53 Rev. 5: SC-8, SC-8(1); STIG: V-00001",
    ]


def test_ids_of_disa_stand_where_stig_viewer_looks_for_them(run: Run) -> None:
    (policy,) = run.policies
    finding = run.findings[1]
    checks = tuple(
        replace(each, mappings={"DISA": ("CCI-000366", "V-1", "SV-2r3_rule"), "other": ("CCI-x", "V-", "SC-8")})
        for each in policy.checks
    )

    shown = rule(replace(run, policies=(replace(policy, checks=checks),)), finding)

    assert shown["ccis"] == ["CCI-000366"]
    assert shown["legacy_ids"] == ["V-1", "SV-2r3_rule"]


def test_a_severity_is_one_of_the_three_categories(run: Run) -> None:
    shown = [rule(run, replace(run.findings[1], severity=each))["severity"] for each in Severity]

    assert shown == ["high", "high", "medium", "low", "low"]


def test_the_fleet_is_no_computer(run: Run) -> None:
    written = files(run)

    kinds = {name: each["target_data"]["target_type"] for name, each in written.items()}
    assert {name for name, kind in kinds.items() if kind == "Non-Computing"} == {"cklb/fleet.cklb", "cklb/run.cklb"}


def test_every_checklist_has_a_rule_also_of_a_server_without_findings(run: Run) -> None:
    written = files(replace(run, findings=()))

    assert len(written) == len(run.hosts) + 1
    for each in written.values():
        ((found,),) = [stig["rules"] for stig in each["stigs"]]
        assert found["status"] == "not_reviewed"
        assert found["finding_details"]


def test_ids_differ_between_servers_policies_checks_and_runs(run: Run) -> None:
    def ids(of: Run) -> list[str]:
        checklists = files(of).values()
        stigs = [stig for each in checklists for stig in each["stigs"]]
        return [each["id"] for each in checklists] + [item["uuid"] for stig in stigs for item in (stig, *stig["rules"])]

    both = [*ids(run), *ids(replace(run, id="another"))]

    assert len(set(both)) == len(both)


def test_a_checklist_has_a_stig_for_each_policy(run: Run) -> None:
    judged = run.findings[1]
    findings = (judged, replace(judged, policy="another", check="c"), replace(judged, policy="another", check="d"))

    stigs = files(replace(run, findings=findings))[f"cklb/{judged.host}.cklb"]["stigs"]

    assert [(stig["stig_name"], stig["size"], len(stig["rules"])) for stig in stigs] == [
        ("another", 2, 2),
        (run.policies[0].title, 1, 1),
    ]
    assert all(each["stig_uuid"] == stig["uuid"] for stig in stigs for each in stig["rules"])


def test_a_server_called_fleet_keeps_its_own_checklist(run: Run) -> None:
    hosts = tuple(replace(run.hosts[0], name=name) for name in ("fleet", "run"))
    findings = tuple(each for each in run.findings if each.host == FLEET)

    names = [each["target_data"]["host_name"] for each in files(replace(run, hosts=hosts, findings=findings)).values()]

    assert sorted(names) == ["fleet", "run", "the fleet (all servers)", "the fleet (all servers)"]
