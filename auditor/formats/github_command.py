"""Workflow commands of GitHub Actions: how an annotation is spelled, and that no more are written than are shown.

Escaping as in `toolkit/packages/core/src/command.ts` (`escapeData`, `escapeProperty`). A step shows ten annotations of
each level (GitHub's page "Workflow commands", and its limits on check runs); it drops all others without a word.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auditor.formats.escape import shortened, visible_lines

MOST = 10
"""Annotations of one level that a step shows."""

_LONGEST = 1_000
_NAMED = 5


class Level(StrEnum):
    """How an annotation is shown; the value is the command's name."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """One annotation; `file` is a path in the repository, empty for none, `line` is from 1, 0 for none."""

    level: Level
    title: str
    text: str
    file: str = ""
    line: int = 0


def command(annotation: Annotation) -> str:
    """Return the command that makes the annotation, on one line."""
    properties = {
        "file": annotation.file,
        "line": str(annotation.line) if annotation.file and annotation.line > 0 else "",
        "title": shortened(annotation.title, _LONGEST),
    }
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{annotation.level} {told}::{_data(annotation.text)}"


def fitting(annotations: Sequence[Annotation], rest: str) -> Sequence[Annotation]:
    """Return as many annotations of one level as are shown; the last tells what is left out, and where the rest is."""
    if len(annotations) <= MOST:
        return annotations
    left = annotations[MOST - 1 :]
    named = enumerated([shortened(each.title, _LONGEST) for each in left])
    more = Annotation(level=left[0].level, title=f"{len(left)} more", text=f"{named}. {rest}")
    return [*annotations[: MOST - 1], more]


def enumerated(names: Iterable[str], count: int | None = None) -> str:
    """Return some names, and how many more there are; `count` is how many there are when not all are given."""
    known = list(names)
    total = len(known) if count is None else count
    shown = ", ".join(known[:_NAMED])
    return shown if total <= _NAMED else f"{shown} and {total - _NAMED} more"


def _data(text: str) -> str:
    return _shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _shown(text: str) -> str:
    return "\n".join(visible_lines(text))
