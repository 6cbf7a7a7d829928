"""Checks about the whole fleet: agreement, disagreement, and what is not known of it."""

import pytest

from auditor.evaluate import Bench, ready
from auditor.fleet import judge_fleet, opinions
from auditor.model.answer import Answer, Denied, Observed
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Level, ProbeCondition, Scope

ON = Observed(data={"on": True})
OFF = Observed(data={"on": False})
UNREADABLE = Denied(reason="no")


@pytest.fixture
def fleet(small):
    """Return a function: answers of several servers -> the one finding about the fleet."""

    def judged(*answers: Answer, level: Level = Level.FAIL, condition: ProbeCondition | None = None) -> Finding:
        check = small.check(id="same", scope=Scope.FLEET, agree_on=("on",), level=level)
        policy = ready(small.policy(check, applies_when=(condition,) if condition else ()), small.probes)
        given = [
            opinion
            for number, answer in enumerate(answers)
            for opinion in opinions(policy, Bench(evidence=small.evidence(answer, host=f"web{number:02}"), inputs={}))
        ]
        (finding,) = judge_fleet(policy, given)
        return finding

    return judged


def test_servers_that_say_the_same_pass(fleet) -> None:
    finding = fleet(ON, ON)

    assert (finding.host, finding.verdict) == (FLEET, Verdict.PASS)
    assert finding.actual == "on true on web00, web01"


def test_servers_that_differ_fail_and_each_camp_is_named(fleet) -> None:
    finding = fleet(ON, OFF, ON)

    assert finding.verdict is Verdict.FAIL
    assert finding.actual == "on false on web01; on true on web00, web02"


def test_a_disagreement_of_level_warning_warns(fleet) -> None:
    assert fleet(ON, OFF, level=Level.WARNING).verdict is Verdict.WARN


def test_agreement_is_not_known_while_one_server_is_not(fleet) -> None:
    finding = fleet(ON, ON, UNREADABLE)

    assert finding.verdict is Verdict.ERROR
    assert "web02" in finding.reason


def test_a_disagreement_is_known_even_when_one_server_is_not(fleet) -> None:
    finding = fleet(ON, OFF, UNREADABLE)

    assert finding.verdict is Verdict.FAIL
    assert "not known on web02" in finding.reason


@pytest.mark.parametrize("answers", [(), (ON,)])
def test_fewer_than_two_servers_have_nothing_to_agree_on(fleet, answers) -> None:
    assert fleet(*answers).verdict is Verdict.NOT_APPLICABLE


def test_servers_the_policy_does_not_apply_to_have_no_say(fleet, small) -> None:
    condition = ProbeCondition(probe="light", expect=(small.expect("on", "equals", True),), reason="off")

    assert fleet(ON, ON, OFF, condition=condition).verdict is Verdict.PASS


def test_of_many_servers_only_the_first_are_named(fleet) -> None:
    assert "web09 and 3 more" in fleet(*[ON] * 13).actual
