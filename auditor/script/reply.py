"""The bytes a server wrote -> an answer to every question. Pure; a damaged reply gives failures, never absence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.errors import ReplyError
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.question import Question
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers import READERS
from auditor.readers.shape import table, text
from auditor.script.build import numbered
from auditor.script.frame import REFUSED, Frame, read_frame, write_frame

_SHOWN = 200
_SHORT = 1000
"""Characters of the longest answer that is remembered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a server said of itself and of each question; `reason` says why it is not `complete`."""

    platform: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[Question, Answer]
    complete: bool
    reason: str = ""


def read_reply(output: bytes, questions: Sequence[Question]) -> Reply:
    """Return the answers to the questions that `script_for(questions)` asked; every question has one.

    Raises ReplyError when the output holds no reply at all.
    """
    frame = read_frame(output)
    if frame is None:
        raise ReplyError(_no_reply(output))
    answers = {question: _answer(frame, number, question) for number, question in numbered(questions).items()}
    platform, strange = _platform(frame)
    reason = frame.problem or strange or _unanswered(frame, len(answers))
    return Reply(platform=platform, answers=answers, complete=not reason, reason=reason)


def write_reply(platform: Mapping[str, str], raw_answers: Mapping[int, Mapping[str, Json]]) -> bytes:
    """Return the reply as the script would write it: raw answers by the number of their question."""
    raw: dict[str, Mapping[str, Json]] = {"platform": platform}
    raw |= {str(number): answer for number, answer in raw_answers.items()}
    return write_frame({label: json.dumps(value, separators=(",", ":")) for label, value in raw.items()})


def _answer(frame: Frame, number: int, question: Question) -> Answer:
    label = str(number)
    if label in frame.damaged:
        return Failed(reason="the line with this answer was damaged on its way; run the audit again")
    if label not in frame.texts:
        return Failed(reason=frame.problem or "the reply does not hold this answer; run the audit again")
    text = frame.texts[label]
    return _remembered(question.kind, text) if len(text) <= _SHORT else _read(question.kind, text)


def _read(kind: str, text: str) -> Answer:
    try:
        return _state(_parsed(text), READERS[kind])
    except ReplyError as error:
        return Failed(reason=f"strange reply: {error}")


# Servers of a fleet mostly say the same: it is read once, and held once.
_remembered = lru_cache(maxsize=8192)(_read)


def _state(raw: Json, reader: Reader) -> Answer:
    match raw:
        case {"state": "observed", "data": data, **rest} if not rest:
            return Observed(data=reader.check(data))
        case {"state": "absent", "what": str(what), **rest} if not rest and what in reader.absent:
            return Absent(what=what)
        case {"state": "denied", "reason": str(reason), **rest} if not rest:
            return Denied(reason=reason)
        case {"state": "failed", "reason": str(reason), **rest} if not rest:
            return Failed(reason=reason)
        case _:
            raise ReplyError(f"this is no answer to a {reader.kind} question; look at the stored evidence")


def _platform(frame: Frame) -> tuple[Mapping[str, str], str]:
    if "platform" not in frame.texts:
        return {}, "the line in which the server describes itself is missing or damaged"
    try:
        return table(_parsed(frame.texts["platform"]), "platform", text), ""
    except ReplyError as error:
        return {}, str(error)


def _unanswered(frame: Frame, asked: int) -> str:
    missing = asked - sum(1 for number in range(1, asked + 1) if str(number) in frame.texts)
    return f"{missing} of {asked} answers are missing or damaged" if missing else ""


def _parsed(line: str) -> Json:
    try:
        value: Json = json.loads(line, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"this is no JSON: {error}") from error
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice in an object")
    return members


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is no number")


def _no_reply(output: bytes) -> str:
    said = output.decode("latin-1")
    _, found, mode = said.partition(f"{REFUSED} ")
    if found:
        words = mode.split()
        return (
            f"PowerShell runs in {words[0] if words else 'an unknown'} mode there and may not call .NET, so nothing can"
            " be read; allow the auditing account full language mode, or exempt it from the application control policy"
        )
    shown = said[:_SHOWN].encode("unicode_escape").decode("ascii")
    return f"the server's output holds no reply of the script ({len(output)} bytes, beginning {shown!r}); run it again"
