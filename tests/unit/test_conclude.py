"""Checks are made ready once; what they conclude is what looking up every matcher each time would conclude."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.conclude import Conclusion, comparing, expected
from auditor.matchers import MATCHERS
from auditor.model.finding import Verdict
from auditor.model.policy import Check, Expectation, Level, Tolerance
from auditor.model.probe import Facts
from auditor.model.value import Value, show

NAMES = st.sampled_from(["on", "watts", "colour"])
VALUES = st.booleans() | st.integers(-1, 1) | st.sampled_from(["", "1", "red"]) | st.just(("red", "1"))
EXPECTATIONS = st.lists(
    st.builds(Expectation, fact=NAMES, matcher=st.sampled_from(sorted(MATCHERS)), operand=VALUES),
    min_size=1,
    max_size=3,
).map(tuple)


@given(
    expect=EXPECTATIONS,
    tolerated=st.none() | st.builds(Tolerance, expect=EXPECTATIONS, reason=st.sampled_from(["", "is {on}"])),
    level=st.sampled_from(Level),
    values=st.dictionaries(NAMES, VALUES),
)
def test_a_check_made_ready_concludes_what_its_expectations_say(
    small, expect: tuple[Expectation, ...], tolerated: Tolerance | None, level: Level, values: Mapping[str, Value]
) -> None:
    check = small.check(*expect, warn_when=tolerated, level=level)

    found = comparing(check)(Facts(values=values, summary="seen"), ("light|room=hall",))

    assert (found.verdict, found.reason) == _plainly(check, values)
    assert (found.actual, found.questions) == ("seen", ("light|room=hall",))


def test_a_conclusion_is_one_of_its_class_and_frozen(small) -> None:
    found = comparing(small.check(small.expect("on", "equals", True)))(Facts(values={"on": True}, summary="on"), ())

    assert type(found) is Conclusion
    assert repr(found) == repr(Conclusion(verdict=Verdict.PASS, actual="on"))
    with pytest.raises(FrozenInstanceError):
        found.reason = "no"  # type: ignore[misc]  # that is what is tested


def _plainly(check: Check, values: Mapping[str, Value]) -> tuple[Verdict, str]:
    unmet = [each for each in check.expect if not _is_met(each, values)]
    if not unmet:
        return Verdict.PASS, ""
    if check.warn_when and all(_is_met(each, values) for each in check.warn_when.expect):
        on = values.get("on", "not known")
        return Verdict.WARN, check.warn_when.reason.replace("{on}", on if isinstance(on, str) else show(on))
    told = [each for each in unmet if each.fact in values] or unmet
    said = [f"expected that {_in_words(each)}, found {_found(each, values)}" for each in told]
    return Verdict.WARN if check.level is Level.WARNING else Verdict.FAIL, "; ".join(said)


def _is_met(each: Expectation, values: Mapping[str, Value]) -> bool:
    return each.fact in values and MATCHERS[each.matcher].meets(values[each.fact], each.operand)


def _in_words(each: Expectation) -> str:
    return f"{each.fact} {MATCHERS[each.matcher].phrase(each.operand)}"


def _found(each: Expectation, values: Mapping[str, Value]) -> str:
    return show(values[each.fact]) if each.fact in values else "not there"


def test_the_expectation_in_words_names_every_clause(small) -> None:
    check = small.check(small.expect("on", "equals", True), small.expect("watts", "at_most", 20))

    assert expected(check) == "on is true; watts is at most 20"
