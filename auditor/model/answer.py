"""What is known of one question: observed, absent, denied, failed or not asked. Never None, never a guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from auditor.model.question import Question
from auditor.model.value import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """The reader saw it; `data` has the shape the reader documents."""

    data: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """The reader looked and it is not there; `what` names the part that is missing, e.g. `key` or `value`."""

    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Denied:
    """The account may not read it."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The reader could not find out: an error, a strange reply, a lost line."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotAsked:
    """The evidence does not hold this question (it was collected for other policies)."""


NOT_ASKED = NotAsked()

Answer: TypeAlias = Observed | Absent | Denied | Failed | NotAsked
Answers: TypeAlias = Mapping[Question, Answer]


def answer_to(answers: Answers, question: Question) -> Answer:
    """Return the answer, or `NotAsked`."""
    return answers.get(question, NOT_ASKED)
