import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.bind import bind_inputs, bind_parameters, convert, refuse_unknown_inputs, slips
from auditor.errors import ParameterError, UsageError
from auditor.model.policy import Input, InputReference, Policy
from auditor.model.probe import Parameter, Probe
from auditor.model.value import Value, ValueType


def declared(name: str, kind: ValueType, default: Value | None = None) -> Input:
    return Input(name=name, type=kind, default=default, description="What it is for.")


@pytest.fixture
def policy(small) -> Policy:
    inputs = (
        declared("site", ValueType.STRING, "Default Web Site"),
        declared("port", ValueType.INTEGER, 80),
        declared("paths", ValueType.STRINGS, ("/owa",)),
        declared("look", ValueType.BOOLEAN, True),
    )
    policy: Policy = small.policy(small.check(small.expect("on", "equals", True)), inputs=inputs)
    return policy


def test_defaults_stand_for_what_is_not_given(policy: Policy) -> None:
    assert bind_inputs(policy, {}) == {"site": "Default Web Site", "port": 80, "paths": ("/owa",), "look": True}


def test_text_is_read_as_the_type_that_the_input_has(policy: Policy) -> None:
    given_text = {"site": "80", "port": "8080", "paths": "/owa, /public", "look": "false"}

    assert bind_inputs(policy, given_text) == {
        "site": "80", "port": 8080, "paths": ("/owa", "/public"), "look": False
    }  # fmt: skip


def test_inputs_of_other_policies_are_left_out(policy: Policy) -> None:
    assert "other" not in bind_inputs(policy, {"other": 1})


def test_all_wrong_values_are_told_at_once(policy: Policy) -> None:
    with pytest.raises(UsageError) as caught:
        bind_inputs(policy, {"site": 5, "port": "many", "look": "yes", "paths": True})

    assert str(caught.value).splitlines() == [
        "policy lights: input 'site' is 5, but must be a string",
        "policy lights: input 'port' is 'many', but must be an integer",
        "policy lights: input 'paths' is true, but must be a list of strings",
        "policy lights: input 'look' is 'yes', but must be true or false",
    ]


def test_an_input_without_a_default_must_be_given(small) -> None:
    check = small.check(small.expect("on", "equals", True))
    policy = small.policy(check, inputs=(declared("room", ValueType.STRING),))

    with pytest.raises(UsageError, match=r"'room' is missing \(What it is for.\); give it with --input room=VALUE"):
        bind_inputs(policy, {})


def test_an_input_that_no_policy_has_is_refused_with_the_nearest_name(policy: Policy) -> None:
    refuse_unknown_inputs([policy], {"site": "x"}, "--input")

    with pytest.raises(UsageError, match="--input: unknown input 'prot'; did you mean 'port'\\?"):
        refuse_unknown_inputs([policy], {"prot": 1}, "--input")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("true", ValueType.BOOLEAN, True),
        ("-5", ValueType.INTEGER, -5),
        ("", ValueType.STRINGS, ()),
        ("a", ValueType.STRINGS, ("a",)),
        ("a,,b", ValueType.STRINGS, ("a", "", "b")),
        ("5", ValueType.STRING, "5"),
        ("5", ValueType.ANY, "5"),
    ],
)
def test_text_converts(text: str, kind: ValueType, value: Value) -> None:
    assert convert(text, kind) == value


@pytest.mark.parametrize("text", ["1_000", "٣", "1.5", "--5", "0x10", "", "9" * 5000])
def test_text_that_is_no_decimal_integer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be an integer"):
        convert(text, ValueType.INTEGER)


@given(st.text(), st.sampled_from(ValueType))
def test_no_text_makes_converting_raise_anything_else(text: str, kind: ValueType) -> None:
    try:
        convert(text, kind)
    except ValueError as error:
        assert "must be" in str(error)  # noqa: PT017  most texts convert


def test_parameters_come_from_the_policy_the_input_or_the_default(small) -> None:
    light: Probe = small.probes["light"]

    assert bind_parameters({}, {}, light) == {"room": "hall"}
    assert bind_parameters({"room": "attic"}, {}, light) == {"room": "attic"}
    assert bind_parameters({"room": InputReference(name="place")}, {"place": "cellar"}, light) == {"room": "cellar"}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"romo": "x"}, "unknown parameter of light 'romo'; did you mean 'room'?"),
        ({"room": 5}, "'room' is 5, but must be a string"),
        ({"room": InputReference(name="plce")}, "unknown input 'plce'; did you mean 'place'?"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(small, template: dict[str, Value], told: str) -> None:
    with pytest.raises(ParameterError) as caught:
        bind_parameters(template, {"place": "cellar"}, small.probes["light"])

    assert str(caught.value) == told


def test_a_parameter_without_a_default_must_be_given(small) -> None:
    light: Probe = small.probes["light"]
    needy = Probe(
        name="needy",
        summary="",
        parameters=(Parameter(name="room", type=ValueType.STRING, description="The room."),),
        facts=light.facts,
        questions=light.questions,
        read=light.read,
    )

    with pytest.raises(ParameterError, match=r"'room' is missing; needy needs it: The room."):
        bind_parameters({}, {}, needy)


def test_a_name_that_is_almost_that_of_an_input_is_a_slip(small) -> None:
    policy = small.policy(small.check(), inputs=(declared("http_port", ValueType.INTEGER, 80),))

    assert slips([policy], {"htp_port": 80}) == {"htp_port": "http_port"}


def test_a_name_is_no_slip_where_the_input_is_given_as_well(small) -> None:
    policy = small.policy(small.check(), inputs=(declared("http_port", ValueType.INTEGER, 80),))

    assert slips([policy], {"https_port": 443, "http_port": 80}) == {}


def test_a_name_that_is_like_no_input_is_for_another_audit(policy: Policy) -> None:
    assert slips([policy], {"rack": "A7"}) == {}
