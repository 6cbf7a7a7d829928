"""Questions -> the one PowerShell script that asks them all, and the command line that takes it on standard input."""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from auditor.errors import ReplyError
from auditor.model.question import Question, parse, spell
from auditor.model.reader import Side
from auditor.readers import READERS

_OPEN = "$Questions = @'"
_CLOSE = "'@"
_KEPT = 32
"""How many sets of questions are remembered with what was made of them: servers are asked the same."""

_NEEDS = re.compile(r"^# needs: (\w+)$", re.MULTILINE)


def _text(name: str) -> str:
    return files("auditor.script").joinpath(f"{name}.ps1").read_text("ascii")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode("ascii")


COMMAND = "powershell"
"""The program; found on the server's PATH."""

BOOTSTRAP = _text("bootstrap")
"""What `-EncodedCommand` holds: it reads the script from standard input and runs it."""

ARGUMENTS = ("-NoProfile", "-NonInteractive", "-InputFormat", "None", "-EncodedCommand", _encoded(BOOTSTRAP))
"""No profile, no prompts, and standard input left to the bootstrap; see the help of powershell.exe."""


def numbered(questions: Iterable[Question]) -> Mapping[int, Question]:
    """Return the questions as the script numbers them: each once, in their order, from 1."""
    return _numbered(tuple(questions))


def script_for(questions: Sequence[Question]) -> str:
    """Return the script that asks these questions; pure ASCII; the same questions always give the same text.

    Raises ValueError for a question that no reader on the server answers.
    """
    return _script_for(tuple(questions))


@lru_cache(maxsize=_KEPT)
def _numbered(questions: tuple[Question, ...]) -> Mapping[int, Question]:
    return MappingProxyType(dict(enumerate(sorted(set(questions)), start=1)))


@lru_cache(maxsize=_KEPT)
def _script_for(questions: tuple[Question, ...]) -> str:
    lines = [f"{number} {spell(question)}" for number, question in numbered(questions).items()] or [""]
    texts = _texts(sorted({question.kind for question in questions}))
    script = "\n".join([_text("prelude"), *texts, _OPEN, *lines, f"{_CLOSE}\n", _text("epilogue")])
    assert script.isascii(), "a script must survive every code page"
    return script


def questions_in(script: str) -> tuple[Question, ...]:
    """Return the questions a script asks, in the order of their numbers; raises ReplyError when it is none of ours."""
    lines = script.replace("\r\n", "\n").split("\n")
    try:
        start = lines.index(_OPEN)
        end = lines.index(_CLOSE, start)
    except ValueError:
        raise ReplyError("this is no script of auditor's: it holds no list of questions") from None
    return tuple(parse(line.partition(" ")[2]) for line in lines[start + 1 : end] if line)


def _texts(kinds: Sequence[str]) -> list[str]:
    readers = [_reader(kind) for kind in kinds]
    shared = {name for text in readers for name in _NEEDS.findall(text)}
    return [*(_text(name) for name in sorted(shared)), *readers]


def _reader(kind: str) -> str:
    reader = READERS.get(kind)
    if reader is None or reader.side is not Side.SERVER:
        raise ValueError(f"no reader on the server answers questions of kind {kind!r}")
    return reader.powershell
