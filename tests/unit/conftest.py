"""Small probes and policies of the tests' own: a light that is on, off, absent or not known."""

from dataclasses import dataclass, field

import pytest

from auditor.model.answer import Absent, Answer, Answers, Observed, answer_to
from auditor.model.evidence import Evidence, Status
from auditor.model.policy import Check, Condition, Expectation, Level, Policy, Scope, Severity, Source, Tolerance
from auditor.model.policy import Input as PolicyInput
from auditor.model.probe import Fact, Facts, NotKnown, Parameter, Probe, Reading
from auditor.model.question import Question, ask
from auditor.model.value import ValueType

COLOURS = ("red", "green", "blue")


def light_question(room: str) -> Question:
    return ask("light", room=room)


def _read(parameters: dict[str, object], answers: Answers) -> Reading:
    match answer_to(answers, light_question(str(parameters["room"]))):
        case Observed(data=dict(data)):
            return Facts(values={"present": True, **data}, summary=f"the light is {data}")
        case Absent():
            return Facts(values={"present": False}, summary="there is no light")
        case other:
            return NotKnown(reason=f"it is too dark: {type(other).__name__}")


LIGHT = Probe(
    name="light",
    summary="Whether a light is on.",
    parameters=(Parameter(name="room", type=ValueType.STRING, default="hall", description="The room."),),
    facts=(
        Fact(name="present", type=ValueType.BOOLEAN, description="It is there."),
        Fact(name="on", type=ValueType.BOOLEAN, description="It is on."),
        Fact(name="watts", type=ValueType.INTEGER, description="Its power."),
        Fact(name="colour", type=ValueType.STRING, choices=COLOURS, description="Its colour."),
    ),
    questions=lambda parameters: (light_question(str(parameters["room"])),),
    read=_read,  # type: ignore[arg-type]  # parameters are read as text whatever they are
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Small:
    """Builders with the dull fields filled in."""

    probes: dict[str, Probe] = field(default_factory=lambda: {"light": LIGHT})

    @staticmethod
    def expect(fact: str, matcher: str, operand: object) -> Expectation:
        return Expectation(fact=fact, matcher=matcher, operand=operand)  # type: ignore[arg-type]  # tests give all kinds

    @staticmethod
    def check(
        *expect: Expectation,
        id: str = "light-on",  # noqa: A002  the field's name
        level: Level = Level.FAIL,
        scope: Scope = Scope.SERVER,
        applies_when: tuple[Condition, ...] = (),
        warn_when: Tolerance | None = None,
        agree_on: tuple[str, ...] = (),
        room: str = "hall",
    ) -> Check:
        return Check(
            id=id, title="The light", severity=Severity.HIGH, level=level, scope=scope, probe="light",
            parameters={"room": room}, applies_when=applies_when, expect=expect, warn_when=warn_when,
            agree_on=agree_on, rationale="", remediation="Switch it.", reference="Step 1",
        )  # fmt: skip

    @staticmethod
    def policy(
        *checks: Check,
        id: str = "lights",  # noqa: A002  the field's name
        applies_when: tuple[Condition, ...] = (),
        inputs: tuple[PolicyInput, ...] = (),
    ) -> Policy:
        return Policy(
            id=id, version="1", title="Lights", source=Source(document="The house"), applies_when=applies_when,
            checks=checks, inputs=inputs,
        )  # fmt: skip

    @staticmethod
    def evidence(
        answer: Answer | None = None, *, host: str = "web01", reason: str = "", room: str = "hall"
    ) -> Evidence:
        return Evidence(
            server=host,
            status=Status.UNREACHABLE if reason else Status.REACHED,
            reason=reason,
            collected="",
            collector="",
            transport="test",
            answers={} if answer is None else {light_question(room): answer},
        )


@pytest.fixture(scope="session")
def small() -> Small:
    return Small()
