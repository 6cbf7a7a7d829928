"""What is asked: each question once; and which policies cannot be asked of one server."""

import pytest

from auditor.model.inventory import Connection, Server
from auditor.model.policy import Input, InputCondition, InputReference, ProbeCondition
from auditor.model.question import ask
from auditor.model.value import ValueType
from auditor.plan import Assignment, contradictions, plan, questions_of


def server(**inputs: object) -> Server:
    return Server(name="web01", connection=Connection(address="web01"), inputs=inputs)  # type: ignore[arg-type]


def test_a_question_is_asked_once_however_many_checks_need_it(small) -> None:
    on = small.expect("on", "equals", True)
    policies = (small.policy(small.check(on), small.check(on, id="again")), small.policy(small.check(on), id="more"))

    (planned,) = plan([Assignment(server=server(), policies=policies)], {}, small.probes)

    assert planned.questions == (ask("light", room="hall"),)
    assert planned.policies == ("lights", "more")


def test_what_conditions_need_is_asked_too(small) -> None:
    condition = ProbeCondition(
        probe="light", parameters={"room": "cellar"}, expect=(small.expect("on", "equals", True),), reason="dark"
    )
    check = small.check(small.expect("on", "equals", True), applies_when=(condition,))

    assert questions_of(small.policy(check), {}, small.probes) == {
        ask("light", room="hall"),
        ask("light", room="cellar"),
    }


@pytest.mark.parametrize(("wish", "rooms"), [("yes", {"attic", "cellar", "hall"}), ("no", {"attic"})])
def test_nothing_is_asked_behind_an_input_by_which_a_check_does_not_apply(small, wish: str, rooms: set[str]) -> None:
    on = small.expect("on", "equals", True)
    attic, cellar = (
        ProbeCondition(probe="light", parameters={"room": room}, expect=(on,), reason="dark")
        for room in ("attic", "cellar")
    )
    look = InputCondition(input="look", expect=small.expect("look", "equals", "yes"), reason="Not looked at.")
    policy = small.policy(small.check(on, applies_when=(attic, look, cellar)))

    assert questions_of(policy, {"look": wish}, small.probes) == {ask("light", room=room) for room in rooms}


def test_the_command_line_outranks_the_inventory(small) -> None:
    room = Input(name="room", type=ValueType.STRING, default="hall", description="The room.")
    check = small.check(small.expect("on", "equals", True), room=InputReference(name="room"))
    policy = small.policy(check, inputs=(room,))

    (planned,) = plan([Assignment(server=server(room="cellar"), policies=(policy,))], {"room": "attic"}, small.probes)

    assert planned.questions == (ask("light", room="attic"),)
    assert planned.inputs == {"room": "attic"}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("on", "equals", True), ("on", "equals", False)),
        (("colour", "equals", "red"), ("colour", "one_of", ("green", "blue"))),
        (("watts", "one_of", (1, 2)), ("watts", "equals", 3)),
    ],
)
def test_expectations_without_a_common_value_contradict_each_other(small, ours, theirs) -> None:
    one = small.policy(small.check(small.expect(*ours), id="one"), id="first")
    other = small.policy(small.check(small.expect(*theirs), id="other"), id="second")

    (clash,) = contradictions([one, other], {}, small.probes)

    assert "first/one and second/other" in clash


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("on", "equals", True), ("on", "equals", True)),
        (("on", "equals", True), ("watts", "equals", 3)),
        (("watts", "at_least", 3), ("watts", "equals", 3)),
    ],
)
def test_expectations_with_a_common_value_are_no_contradiction(small, ours, theirs) -> None:
    one = small.policy(small.check(small.expect(*ours)), id="first")
    other = small.policy(small.check(small.expect(*theirs)), id="second")

    assert contradictions([one, other], {}, small.probes) == []


def test_different_things_are_no_contradiction(small) -> None:
    one = small.policy(small.check(small.expect("on", "equals", True)), id="first")
    other = small.policy(small.check(small.expect("on", "equals", False), room="cellar"), id="second")

    assert contradictions([one, other], {}, small.probes) == []
