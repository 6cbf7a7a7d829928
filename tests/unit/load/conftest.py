"""A probe of the tests' own, with a parameter and a fact of each type."""

from collections.abc import Mapping

import pytest

from auditor.errors import ParameterError
from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, NotKnown, Parameter, Probe, Reading
from auditor.model.question import Question, ask
from auditor.model.value import ValueType


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    if parameters["room"] == "nowhere":
        raise ParameterError("room", "'nowhere' is no room; name one that is there")
    return (ask("door", room=str(parameters["room"])),)


def _read(_: Parameters, __: Answers) -> Reading:
    return NotKnown(reason="nobody looked")


DOOR = Probe(
    name="door",
    summary="A door.",
    parameters=(
        Parameter(name="room", type=ValueType.STRING, description="The room behind it."),
        Parameter(name="tries", type=ValueType.INTEGER, default=1, description="How often to look."),
        Parameter(name="sides", type=ValueType.STRINGS, default=("in", "out"), description="From where to look."),
    ),
    facts=(
        Fact(name="open", type=ValueType.BOOLEAN, description="It is open."),
        Fact(name="width", type=ValueType.INTEGER, description="How wide, in cm."),
        Fact(name="colour", type=ValueType.STRING, choices=("red", "green"), description="Its colour."),
        Fact(name="label", type=ValueType.STRING, description="What is written on it."),
        Fact(name="keys", type=ValueType.STRINGS, description="The keys that fit."),
        Fact(name="sign", type=ValueType.ANY, description="What hangs on it."),
    ),
    questions=_questions,
    read=_read,
)


@pytest.fixture
def probes() -> Mapping[str, Probe]:
    return {"door": DOOR}
