"""Verdicts: what passes, what deviates, what does not apply, and what is not known."""

import pytest

from auditor.evaluate import Bench, judge, ready
from auditor.model.answer import Absent, Answer, Denied, Failed, NotAsked, Observed
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Check, InputCondition, Level, Policy, ProbeCondition, Tolerance

ON = Observed(data={"on": True, "watts": 40})
OFF = Observed(data={"on": False, "watts": 40})


@pytest.fixture
def judged(small):
    """Return a function: one check (or policy) on one answer -> its one finding."""

    def judged_on(check: Check | Policy, answer: Answer | Evidence | None, **inputs: bool) -> Finding:
        policy = check if isinstance(check, Policy) else small.policy(check)
        evidence = answer if isinstance(answer, Evidence) else small.evidence(answer)
        (finding,) = judge(ready(policy, small.probes), Bench(evidence=evidence, inputs=inputs))
        return finding

    return judged_on


def test_a_met_expectation_passes_and_says_what_was_found(small, judged) -> None:
    finding = judged(small.check(small.expect("on", "equals", True)), ON)

    assert finding.verdict is Verdict.PASS
    assert finding.expected == "on is true"
    assert "40" in finding.actual
    assert finding.questions == ("light|room=hall",)


def test_an_unmet_expectation_fails_and_says_what_differs(small, judged) -> None:
    finding = judged(small.check(small.expect("on", "equals", True)), OFF)

    assert finding.verdict is Verdict.FAIL
    assert finding.reason == "expected that on is true, found false"


def test_all_expectations_must_be_met_and_each_difference_is_named(small, judged) -> None:
    check = small.check(small.expect("on", "equals", True), small.expect("watts", "at_most", 20))

    finding = judged(check, OFF)

    assert "on is true" in finding.reason
    assert "watts" in finding.reason


def test_a_deviation_of_level_warning_warns(small, judged) -> None:
    finding = judged(small.check(small.expect("on", "equals", True), level=Level.WARNING), OFF)

    assert finding.verdict is Verdict.WARN


def test_a_tolerated_deviation_warns_and_says_why(small, judged) -> None:
    tolerance = Tolerance(expect=(small.expect("watts", "at_most", 60),), reason="only {watts} watts")

    finding = judged(small.check(small.expect("on", "equals", True), warn_when=tolerance), OFF)

    assert finding.verdict is Verdict.WARN
    assert finding.reason.startswith("only 40 watts")


def test_a_fact_that_is_not_there_meets_nothing(small, judged) -> None:
    finding = judged(small.check(small.expect("watts", "not_equals", 60)), Absent(what="light"))

    assert finding.verdict is Verdict.FAIL
    assert "not there" in finding.reason


def test_of_absent_facts_only_the_cause_is_named(small, judged) -> None:
    check = small.check(small.expect("present", "equals", True), small.expect("watts", "equals", 40))

    finding = judged(check, Absent(what="light"))

    assert finding.reason == "expected that present is true, found false"


@pytest.mark.parametrize("answer", [Denied(reason="no"), Failed(reason="broken"), NotAsked(), None], ids=repr)
def test_what_was_not_read_is_an_error_and_never_a_pass_or_a_failure(small, judged, answer) -> None:
    finding = judged(small.check(small.expect("present", "equals", False)), answer)

    assert finding.verdict is Verdict.ERROR
    assert "too dark" in finding.reason


def test_every_check_of_an_unreachable_server_is_an_error_with_the_reason(small, judged) -> None:
    finding = judged(small.check(small.expect("on", "equals", True)), small.evidence(reason="connection refused"))

    assert finding.verdict is Verdict.ERROR
    assert finding.reason == "server not reached: connection refused"


def test_a_condition_that_does_not_hold_makes_a_check_not_applicable_with_its_reason(small, judged) -> None:
    condition = ProbeCondition(
        probe="light", expect=(small.expect("watts", "at_least", 60),), reason="only {watts} watts, {colour}"
    )

    finding = judged(small.check(small.expect("on", "equals", True), applies_when=(condition,)), OFF)

    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.reason == "only 40 watts, not known"
    assert finding.questions == ("light|room=hall",)


def test_a_condition_that_is_not_known_makes_an_error_never_not_applicable(small, judged) -> None:
    condition = ProbeCondition(probe="light", expect=(small.expect("on", "equals", True),), reason="it is off")

    finding = judged(small.policy(small.check(small.expect("on", "equals", True)), applies_when=(condition,)), None)

    assert finding.verdict is Verdict.ERROR


def test_an_input_can_switch_a_check_off(small, judged) -> None:
    condition = InputCondition(input="wanted", expect=small.expect("wanted", "equals", True), reason="not wanted")
    check = small.check(small.expect("on", "equals", True), applies_when=(condition,))

    assert judged(check, ON, wanted=False).verdict is Verdict.NOT_APPLICABLE
    assert judged(check, ON, wanted=True).verdict is Verdict.PASS


def test_an_unreachable_server_is_an_error_even_where_an_input_would_switch_the_check_off(small, judged) -> None:
    condition = InputCondition(input="wanted", expect=small.expect("wanted", "equals", True), reason="not wanted")
    check = small.check(small.expect("on", "equals", True), applies_when=(condition,))

    assert judged(check, small.evidence(reason="refused"), wanted=False).verdict is Verdict.ERROR


def test_an_integer_never_equals_a_boolean_or_a_text(small, judged) -> None:
    assert (
        judged(small.check(small.expect("watts", "equals", 1)), Observed(data={"watts": True})).verdict is Verdict.FAIL
    )
    assert (
        judged(small.check(small.expect("watts", "equals", 1)), Observed(data={"watts": "1"})).verdict is Verdict.FAIL
    )
