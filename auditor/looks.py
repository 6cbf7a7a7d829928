"""A probe with its parameters, looked at in the evidence of one server after the other. Pure.

A fleet gives few different answers, so what follows from an answer is worked out when it is first met, and kept.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, TypeAlias, TypeVar

from auditor.bind import bind_parameters
from auditor.model.answer import Answer, Answers, Observed
from auditor.model.policy import InputReference, Parameters, Template
from auditor.model.probe import Probe, Reading
from auditor.model.question import Question, parse, spell
from auditor.model.value import Value

T = TypeVar("T")
Inputs = Mapping[str, Value]
Conclude: TypeAlias = Callable[[Reading, tuple[str, ...]], T]

_KEPT = 64
"""How many different answers, and how many different inputs, are kept at once."""
_PASSING = 1000
"""How many answers are not kept after so many of which none came again: to keep them takes as long as to judge them."""
_LONGEST = 400
"""Characters of an answer that are kept to know it again; of a longer one it is the digest."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a probe read in one server's evidence, and the text forms of the questions that rests on."""

    reading: Reading
    questions: tuple[str, ...]


class Looking(Generic[T]):
    """One probe as a policy looks through it, and what `conclude` makes of its reading and the questions asked.

    Both must be pure: servers that give the same answers get the same conclusion, the very same object.
    """

    def __init__(self, probe: Probe, template: Template, conclude: Conclude[T]) -> None:
        self._probe = probe
        self._template = template
        self._conclude = conclude
        self._taken = [value.name for value in template.values() if isinstance(value, InputReference)]
        self._asked: dict[Hashable, _Asked[T]] = {}
        self._always: _Asked[T] | None = None

    def of(self, inputs: Inputs, answers: Answers) -> T:
        """Return what is concluded from the answers to the probe's questions, and from nothing else.

        Raises `ParameterError` for inputs that the probe does not take.
        """
        asked = self._always or self._asking(inputs)
        found = tuple(map(answers.get, asked.stored))
        if asked.passing:
            asked.passing -= 1
            return self._concluded(asked, found)
        met = tuple(map(_known_by, found))
        if met in asked.concluded:  # a `KeyError` for each new answer would take longer
            asked.again += 1
            return asked.concluded[met]
        if len(asked.concluded) == _KEPT:
            asked.begin_anew()
        concluded = asked.concluded[met] = self._concluded(asked, found)
        return concluded

    def _concluded(self, asked: "_Asked[T]", found: tuple[Answer | None, ...]) -> T:
        own = _answered(asked.questions, found)
        return self._conclude(self._probe.read(asked.parameters, own), asked.spelled)

    def _asking(self, inputs: Inputs) -> "_Asked[T]":
        if not self._taken:
            self._always = self._bound(inputs)
            return self._always
        # a value's type belongs to it: `True == 1` in Python, but not for a probe
        given = tuple([(type(inputs.get(name)), inputs.get(name)) for name in self._taken])
        if given not in self._asked:
            if len(self._asked) == _KEPT:
                self._asked.clear()
            self._asked[given] = self._bound(inputs)
        return self._asked[given]

    def _bound(self, inputs: Inputs) -> "_Asked[T]":
        parameters = bind_parameters(self._template, inputs, self._probe)
        questions = self._probe.questions(parameters)
        spelled = tuple(map(spell, questions))
        return _Asked(parameters=parameters, questions=questions, stored=tuple(map(parse, spelled)), spelled=spelled)


@dataclass(kw_only=True, slots=True)
class _Asked(Generic[T]):
    """The probe with values for its parameters: what it asks, and what was concluded, by the answers.

    The probe looks for the `questions` that it made, stored evidence holds those that `parse` made. They are equal, but
    what is the very same is found without being compared part by part. `again` counts the answers that came again since
    the first was kept, `passing` those to come that are not kept.
    """

    parameters: Parameters
    questions: tuple[Question, ...]
    stored: tuple[Question, ...]
    spelled: tuple[str, ...]
    concluded: dict[Hashable, T] = field(default_factory=dict)
    again: int = 0
    passing: int = 0

    def begin_anew(self) -> None:
        """Forget what was concluded; where none of it was wanted again, as of serial numbers, do without a while."""
        self.passing = 0 if self.again else _PASSING
        self.again = 0
        self.concluded.clear()


def _answered(questions: Sequence[Question], found: Sequence[Answer | None]) -> Answers:
    if len(found) == 1 and found[0] is not None:  # so it mostly is, and is ready in a quarter of the time
        return {questions[0]: found[0]}
    return {question: answer for question, answer in zip(questions, found, strict=True) if answer is not None}


def _known_by(answer: Answer | None) -> Hashable:
    """Return what tells an answer from every other; None is no answer.

    The `repr` of plain JSON says all of it, the types and the order too; it never equals an answer without data.
    """
    if type(answer) is not Observed:
        return answer
    text = repr(answer.data)
    return text if len(text) <= _LONGEST else sha256(text.encode()).digest()
