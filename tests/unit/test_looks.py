"""Looks at evidence: what the same answers give is worked out once, and no two answers are taken for the same."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import looks
from auditor.looks import Look, Looking
from auditor.model.answer import Absent, Answer, Answers, Observed
from auditor.model.policy import InputReference
from auditor.model.probe import Facts
from auditor.model.question import Question, ask
from auditor.model.value import Json, Value, ValueType

HALL = ask("light", room="hall")


@pytest.fixture
def looking(small):
    """Return a function: a look through the light's probe that concludes with the look itself."""

    def through(template: Mapping[str, Value | InputReference] | None = None) -> Looking[Look]:
        return Looking(small.probes["light"], template or {}, Look)

    return through


def _said(answer: Answer) -> Answers:
    return {HALL: answer}


def test_the_same_answer_of_another_server_gives_the_very_same_conclusion(looking) -> None:
    look = looking()

    first = look.of({}, _said(Observed(data={"on": True})))
    second = look.of({}, _said(Observed(data={"on": True})))

    assert second is first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Observed(data={"on": True}), Observed(data={"on": 1})),
        (Observed(data={"watts": 1}), Observed(data={"watts": 1.0})),
        (Observed(data={"watts": 1}), Observed(data={"watts": "1"})),
        (Observed(data={"on": None}), Observed(data={})),
        (Observed(data=None), None),
        (Observed(data={}), Absent(what="light")),
        (Absent(what="light"), Absent(what="hall")),
        (Observed(data={"colour": "r" * 5000 + "a"}), Observed(data={"colour": "r" * 5000 + "b"})),
    ],
)
def test_answers_that_differ_at_all_are_told_apart(looking, one: Answer, other: Answer | None) -> None:
    look = looking()

    first = look.of({}, _said(one))
    second = look.of({}, _said(other) if other else {})

    assert second is not first


@pytest.mark.parametrize("many", [3, 500])
def test_however_many_answers_there_are_each_has_its_own_conclusion(looking, many: int) -> None:
    look = looking()

    readings = [look.of({}, _said(Observed(data={"watts": watts % many}))).reading for watts in range(2 * many)]

    assert [reading.values["watts"] for reading in readings] == [watts % many for watts in range(2 * many)]


@given(watts=st.lists(st.sampled_from([1, 2, 3, True, "1", None]) | st.integers(4, 99), max_size=60))
def test_a_look_that_looked_before_concludes_what_a_new_one_does(small, watts: list[Json]) -> None:
    probe = small.probes["light"]
    answers = [_said(Observed(data={"watts": each})) if each else {} for each in watts]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(looks, "_KEPT", 3)
        patched.setattr(looks, "_PASSING", 5)
        look = Looking(probe, {}, Look)

        assert [look.of({}, each) for each in answers] == [Looking(probe, {}, Look).of({}, each) for each in answers]


def test_where_no_answer_comes_again_none_is_kept_for_a_while(looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_KEPT", 4)
    monkeypatch.setattr(looks, "_PASSING", 3)
    look = looking()
    serial_numbers = [look.of({}, _said(Observed(data={"watts": watts}))) for watts in range(5)]

    alike = [look.of({}, _said(Observed(data={"watts": 40}))) for _ in range(6)]

    assert len({id(each) for each in serial_numbers}) == 5
    assert len({id(each) for each in alike[:4]}) == 4
    assert alike[3] is alike[4] is alike[5]


def test_answers_that_come_again_are_kept_however_many_others_there_are(
    looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_KEPT", 4)
    look = looking()

    for watts in (1, 2, 3, 1, 4, 5):
        look.of({}, _said(Observed(data={"watts": watts})))
    first, second = (look.of({}, _said(Observed(data={"watts": 40}))) for _ in range(2))

    assert second is first


def test_an_input_decides_what_is_asked_and_its_type_belongs_to_it(small) -> None:
    def questions(parameters: Mapping[str, Value]) -> tuple[Question, ...]:
        return (ask("light", room=repr(parameters["room"])),)

    probe = small.probes["light"]
    any_room = replace(probe, questions=questions, parameters=(replace(probe.parameters[0], type=ValueType.ANY),))
    look = Looking(any_room, {"room": InputReference(name="place")}, lambda _, questions: questions)

    asked = [look.of({"place": place}, {}) for place in ("hall", True, 1, "hall")]

    assert asked == [("light|room=%27hall%27",), ("light|room=True",), ("light|room=1",), ("light|room=%27hall%27",)]


def test_a_probe_sees_the_answers_to_its_own_questions_only(small) -> None:
    seen: list[Answers] = []

    def read(_: Mapping[str, Value], answers: Answers) -> Facts:
        seen.append(answers)
        return Facts(values={}, summary="seen")

    look = Looking(replace(small.probes["light"], read=read), {}, Look)
    data: Json = {"on": True}

    look.of({}, {ask("light", room="attic"): Observed(data=data), HALL: Observed(data=data)})

    assert seen == [{HALL: Observed(data=data)}]
