"""What every probe says of an answer it cannot use: which question, and whether absent, denied, failed or not asked."""

from typing import assert_never

from auditor.model.answer import Absent, Answer, Answers, Denied, Failed, NotAsked, Observed, answer_to
from auditor.model.probe import NotKnown
from auditor.model.question import Question, spell
from auditor.model.value import Json


class UnusableError(Exception):
    """Inside a probe: the reading ends here as `NotKnown`."""

    def __init__(self, reason: str) -> None:
        self.not_known = NotKnown(reason=reason)
        super().__init__(reason)


def needed(answers: Answers, question: Question) -> dict[str, Json]:
    """Return the observed data of a question that must have been answered; raises `UnusableError`."""
    return usable(question, answer_to(answers, question))


def usable(question: Question, answer: Answer) -> dict[str, Json]:
    """Return the observed data of an answer that is needed; raises `UnusableError`."""
    if isinstance(answer, Observed) and isinstance(answer.data, dict):
        return answer.data
    raise UnusableError(why(question, answer))


def observed(answers: Answers, question: Question) -> dict[str, Json] | None:
    """Return the observed data, or None when it is absent; raises `UnusableError` for anything less sure."""
    match answer_to(answers, question):
        case Absent():
            return None
        case _:
            return needed(answers, question)


def why(question: Question, answer: Answer) -> str:
    """Return in words why an answer cannot be used."""
    match answer:
        case Absent(what=what):
            return f"{what} is absent ({spell(question)})"
        case Denied(reason=reason):
            return f"access denied: {reason} ({spell(question)})"
        case Failed(reason=reason):
            return f"could not be read: {reason} ({spell(question)})"
        case NotAsked():
            return f"not asked: the evidence does not hold this question ({spell(question)})"
        case Observed():
            return f"the answer has an unexpected shape ({spell(question)})"
        case _:
            assert_never(answer)
