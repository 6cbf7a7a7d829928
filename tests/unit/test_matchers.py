import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.matchers import MATCHERS, Operand, OperandKind, possible_values
from auditor.model.policy import Expectation
from auditor.model.probe import Fact
from auditor.model.value import Value, ValueType
from auditor.operands import impossible, wrong_operand

SCALARS = st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "1", "true"])
VALUES = SCALARS | st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple)


def fact(kind: ValueType, *choices: str) -> Fact:
    return Fact(name="x", type=kind, description="A fact.", choices=choices)


def expect(matcher: str, operand: Operand) -> Expectation:
    return Expectation(fact="x", matcher=matcher, operand=operand)


@pytest.mark.parametrize(
    ("matcher", "value", "operand", "met"),
    [
        ("equals", 1, 1, True),
        ("equals", "1", 1, False),
        ("equals", True, 1, False),
        ("equals", 1, True, False),
        ("equals", "a", "A", False),
        ("equals", ("a", "b"), ("a", "b"), True),
        ("equals", ("a", "b"), ("b", "a"), False),
        ("not_equals", 1, 1, False),
        ("not_equals", "1", 1, True),
        ("not_equals", True, 1, True),
        ("one_of", 2, (1, 2), True),
        ("one_of", "2", (1, 2), False),
        ("one_of", True, (1, 2), False),
        ("none_of", 2, (1, 2), False),
        ("none_of", "2", (1, 2), True),
        ("at_least", 3, 3, True),
        ("at_least", 2, 3, False),
        ("at_least", "3", 3, False),
        ("at_least", True, 0, False),
        ("at_most", 3, 3, True),
        ("at_most", 4, 3, False),
        ("matches", "8.3.83", r"^8\.3\.", True),
        ("matches", "18.3.83", r"^8\.3\.", False),
        ("matches", "a needle here", "needle", True),
        ("matches", "Needle", "needle", False),
        ("matches", "Needle", "(?i)needle", True),
        ("matches", 8, "8", False),
        ("contains", ("ab", "c"), "c", True),
        ("contains", ("ab", "c"), "a", False),
        ("contains", "abc", "b", True),
        ("contains", 5, "5", False),
        ("excludes", ("ab",), "a", True),
        ("excludes", "abc", "b", False),
        ("excludes", 5, "6", False),
        ("empty", "", True, True),
        ("empty", (), True, True),
        ("empty", "a", True, False),
        ("empty", ("",), False, True),
        ("empty", 0, True, False),
        ("empty", False, False, True),
    ],
)
def test_a_value_meets_an_operand(matcher: str, value: Value, operand: Operand, *, met: bool) -> None:
    assert MATCHERS[matcher].meets(value, operand) is met


@pytest.mark.parametrize(
    ("matcher", "operand", "phrase"),
    [
        ("equals", 1, "is 1"),
        ("equals", "REG_DWORD", "is 'REG_DWORD'"),
        ("equals", True, "is true"),
        ("equals", ("a", "b"), "is ['a', 'b']"),
        ("not_equals", 1, "is not 1"),
        ("one_of", ("a", "b"), "is one of 'a', 'b'"),
        ("none_of", (1, 2), "is none of 1, 2"),
        ("at_least", 3, "is at least 3"),
        ("at_most", 3, "is at most 3"),
        ("matches", "^a", "matches '^a'"),
        ("contains", "a", "contains 'a'"),
        ("excludes", "a", "does not contain 'a'"),
        ("empty", True, "is empty"),
        ("empty", False, "is not empty"),
    ],
)
def test_an_expectation_is_said_in_words(matcher: str, operand: Operand, phrase: str) -> None:
    assert MATCHERS[matcher].phrase(operand) == phrase


@given(st.sampled_from(["equals", "one_of"]), VALUES, st.lists(SCALARS, min_size=1, max_size=3).map(tuple))
def test_only_allowed_values_meet_a_matcher_that_allows_finitely_many(
    name: str, value: Value, items: tuple[Value, ...]
) -> None:
    matcher = MATCHERS[name]
    operand = items if name == "one_of" else items[0]
    allowed = matcher.allowed(operand)

    assert allowed is not None
    assert not matcher.meets(value, operand) or value in allowed


@given(VALUES, SCALARS)
def test_negations_are_the_opposite(value: Value, operand: Value) -> None:
    assert MATCHERS["equals"].meets(value, operand) is not MATCHERS["not_equals"].meets(value, operand)
    assert MATCHERS["one_of"].meets(value, (operand,)) is not MATCHERS["none_of"].meets(value, (operand,))


@given(st.sampled_from(sorted(MATCHERS)), VALUES, VALUES)
def test_no_value_and_no_operand_of_the_right_type_make_a_matcher_raise(
    name: str, value: Value, operand: Value
) -> None:
    matcher = MATCHERS[name]

    if not wrong_operand(matcher, fact(ValueType.ANY), operand):
        assert matcher.meets(value, operand) in {True, False}
        assert matcher.phrase(operand)


@pytest.mark.parametrize(
    ("kind", "choices", "matcher", "operand"),
    [
        (ValueType.BOOLEAN, (), "one_of", (True, False)),
        (ValueType.STRING, ("a", "b"), "one_of", ("a", "b")),
        (ValueType.STRING, ("a", "b"), "none_of", ("c",)),
        (ValueType.STRING, ("a", "b"), "not_equals", "c"),
        (ValueType.STRING, ("a", "b"), "matches", "^[ab]$"),
        (ValueType.STRING, ("a", "b"), "empty", False),
        (ValueType.STRING, ("only",), "equals", "only"),
        (ValueType.STRING, (), "matches", ""),
        (ValueType.STRING, (), "matches", "x*"),
        (ValueType.STRING, (), "matches", "^.*$"),
        (ValueType.STRING, (), "matches", "^.*"),
        (ValueType.STRING, (), "matches", "a?$"),
        (ValueType.STRING, (), "contains", ""),
        (ValueType.STRINGS, ("a", "b"), "excludes", "c"),
    ],
)
def test_what_every_value_meets_cannot_fail(
    kind: ValueType, choices: tuple[str, ...], matcher: str, operand: Operand
) -> None:
    assert MATCHERS[matcher].cannot_fail(fact(kind, *choices), operand)


@pytest.mark.parametrize(
    ("kind", "matcher", "operand"),
    [
        (ValueType.BOOLEAN, "equals", True),
        (ValueType.INTEGER, "at_least", 0),
        (ValueType.STRING, "not_equals", ""),
        (ValueType.STRING, "matches", "^a*$"),
        (ValueType.STRING, "matches", r"\b"),
        (ValueType.STRING, "matches", "(?!bad)"),
        (ValueType.STRING, "matches", "."),
        (ValueType.STRING, "excludes", "x"),
        (ValueType.STRINGS, "excludes", "x"),
        (ValueType.STRINGS, "contains", ""),
        (ValueType.ANY, "matches", ".*"),
        (ValueType.ANY, "contains", ""),
        (ValueType.STRINGS, "empty", False),
    ],
)
def test_what_some_value_does_not_meet_can_fail(kind: ValueType, matcher: str, operand: Operand) -> None:
    assert not MATCHERS[matcher].cannot_fail(fact(kind), operand)


@given(st.text("ab^$.*?|()[]", max_size=6), st.text("abc\n", max_size=4))
def test_a_pattern_said_to_find_everything_finds_something_in_each_line(pattern: str, text: str) -> None:
    if wrong_operand(MATCHERS["matches"], fact(ValueType.STRING), pattern):
        return
    if MATCHERS["matches"].cannot_fail(fact(ValueType.STRING), pattern):
        assert re.search(pattern, text.replace("\n", ""))


@pytest.mark.parametrize(
    ("kind", "matcher", "operand", "needed"),
    [
        (ValueType.INTEGER, "equals", "1", "an integer"),
        (ValueType.INTEGER, "equals", True, "an integer"),
        (ValueType.BOOLEAN, "equals", 1, "true or false"),
        (ValueType.STRINGS, "equals", "a", "a list of strings"),
        (ValueType.STRINGS, "equals", (1,), "a list of strings"),
        (ValueType.ANY, "equals", (1, 2), "a value"),
        (ValueType.INTEGER, "one_of", (), "a list of at least one integer, all of one type"),
        (ValueType.INTEGER, "one_of", 1, "a list of at least one integer, all of one type"),
        (ValueType.ANY, "one_of", (1, True), "a list of at least one value, all of one type"),
        (ValueType.STRING, "empty", "true", "true or false"),
        (ValueType.STRINGS, "contains", 1, "a string"),
    ],
)
def test_an_operand_of_the_wrong_type_is_told_what_is_needed(
    kind: ValueType, matcher: str, operand: Operand, needed: str
) -> None:
    assert wrong_operand(MATCHERS[matcher], fact(kind), operand) == needed


@pytest.mark.parametrize("pattern", ["(", "[", "*a", "a(?i)", "[[a]", "a{99999999999}"])
def test_a_pattern_that_python_refuses_or_warns_of_is_refused(pattern: str) -> None:
    assert "a regular expression" in wrong_operand(MATCHERS["matches"], fact(ValueType.STRING), pattern)


@pytest.mark.parametrize(
    ("about", "expectations"),
    [
        (fact(ValueType.INTEGER), (expect("at_least", 5), expect("at_most", 4))),
        (fact(ValueType.INTEGER), (expect("equals", 5), expect("at_most", 4))),
        (fact(ValueType.ANY), (expect("equals", 1), expect("not_equals", 1))),
        (fact(ValueType.STRING), (expect("one_of", ("a", "b")), expect("none_of", ("a", "b")))),
        (fact(ValueType.STRING, "a", "b"), (expect("matches", "c"),)),
        (fact(ValueType.STRING, "a", "b"), (expect("none_of", ("a", "b")),)),
        (fact(ValueType.BOOLEAN), (expect("none_of", (True, False)),)),
    ],
)
def test_expectations_that_no_value_can_meet_are_impossible(about: Fact, expectations: tuple[Expectation, ...]) -> None:
    assert impossible(about, expectations)


@pytest.mark.parametrize(
    ("about", "expectations"),
    [
        (fact(ValueType.INTEGER), (expect("at_least", 5), expect("at_most", 5))),
        (fact(ValueType.STRING), (expect("matches", "a"), expect("excludes", "b"))),
        (fact(ValueType.STRING, "a", "b"), (expect("none_of", ("a",)),)),
        (fact(ValueType.ANY), (expect("one_of", (1, 2)), expect("at_least", 2))),
    ],
)
def test_expectations_that_some_value_may_meet_are_possible(about: Fact, expectations: tuple[Expectation, ...]) -> None:
    assert not impossible(about, expectations)


def test_only_booleans_and_choices_are_finite() -> None:
    assert possible_values(fact(ValueType.BOOLEAN)) == (True, False)
    assert possible_values(fact(ValueType.STRING, "a")) == ("a",)
    assert possible_values(fact(ValueType.STRING)) is None
    assert possible_values(fact(ValueType.STRINGS, "a")) is None


def test_every_matcher_takes_facts_of_unknown_type_and_says_what_it_does() -> None:
    for name, matcher in MATCHERS.items():
        assert matcher.name == name
        assert matcher.description.endswith(".")
        assert ValueType.ANY in matcher.fact_types
        assert isinstance(matcher.operand, OperandKind)
