"""A probe with its parameters, looked at in the evidence of one server after the other. Pure.

A fleet gives few different answers, so what follows from an answer is worked out when it is first met, and kept.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, TypeVar

from auditor.bind import bind_parameters
from auditor.model.answer import Answer, Answers, Observed
from auditor.model.policy import InputReference, Parameters, Template
from auditor.model.probe import Probe, Reading
from auditor.model.question import Question, parse, spell
from auditor.model.value import Value

T = TypeVar("T")
Inputs = Mapping[str, Value]

_KEPT = 64
"""How many different answers, and how many different inputs, are kept at once."""
_LONGEST = 400
"""Characters of an answer that are kept to know it again; of a longer one it is the digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a probe read in one server's evidence, and the text forms of the questions that rests on."""

    reading: Reading
    questions: tuple[str, ...]


class Looking(Generic[T]):
    """One probe as a policy looks through it, and what `conclude` makes of a look.

    Both must be pure: servers that give the same answers get the same conclusion, the very same object.
    """

    def __init__(self, probe: Probe, template: Template, conclude: Callable[[Look], T]) -> None:
        self._probe = probe
        self._template = template
        self._conclude = conclude
        self._taken = [value.name for value in template.values() if isinstance(value, InputReference)]
        self._asked: dict[Hashable, _Asked[T]] = {}

    def of(self, inputs: Inputs, answers: Answers) -> T:
        """Return what is concluded from the answers to the probe's questions, and from nothing else.

        Raises `ParameterError` for inputs that the probe does not take.
        """
        asked = self._asking(inputs)
        met = tuple([_known_by(answers.get(question)) for question in asked.questions])
        try:
            return asked.concluded[met]
        except KeyError:
            return _keep(asked.concluded, met, self._conclude(self._look(asked, answers)))

    def _look(self, asked: "_Asked[T]", answers: Answers) -> Look:
        own = {question: answers[question] for question in asked.questions if question in answers}
        return Look(reading=self._probe.read(asked.parameters, own), questions=asked.spelled)

    def _asking(self, inputs: Inputs) -> "_Asked[T]":
        # a value's type belongs to it: `True == 1` in Python, but not for a probe
        given = tuple([(type(inputs.get(name)), inputs.get(name)) for name in self._taken]) if self._taken else ()
        try:
            return self._asked[given]
        except KeyError:
            return _keep(self._asked, given, self._bound(inputs))

    def _bound(self, inputs: Inputs) -> "_Asked[T]":
        parameters = bind_parameters(self._template, inputs, self._probe)
        spelled = tuple(spell(question) for question in self._probe.questions(parameters))
        # stored evidence holds the very same questions, which are found without comparing them part by part
        questions = tuple(parse(text) for text in spelled)
        return _Asked(parameters=parameters, questions=questions, spelled=spelled)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked(Generic[T]):
    """The probe with values for its parameters: what it asks, and what was concluded, by the answers."""

    parameters: Parameters
    questions: tuple[Question, ...]
    spelled: tuple[str, ...]
    concluded: dict[Hashable, T] = field(default_factory=dict)


def _known_by(answer: Answer | None) -> Hashable:
    """Return what tells an answer from every other; None is no answer.

    The `repr` of plain JSON says all of it, the types and the order too; it never equals an answer without data.
    """
    if type(answer) is not Observed:
        return answer
    text = repr(answer.data)
    return text if len(text) <= _LONGEST else sha256(text.encode()).digest()


def _keep(kept: dict[Hashable, T], key: Hashable, made: T) -> T:
    if len(kept) >= _KEPT:
        kept.clear()
    kept[key] = made
    return made
