"""A problem in a document: where it stands, in which part, what is wrong and what would be right."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from auditor.errors import DocumentError

Steps: TypeAlias = tuple[str | int, ...]
"""The way from the top of a document to a value: keys of mappings and indexes of lists."""

_PRIVATE = re.compile(r"passw|pwd|secret|token", re.IGNORECASE)
_SHOWN = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong; line and column count from 1."""

    line: int
    column: int
    steps: Steps = ()
    text: str


def spell_steps(steps: Steps) -> str:
    """Return the way to a value as people read it: `checks/0/severity`."""
    return "/".join(str(step) for step in steps) or "(top)"


def is_private(steps: Steps) -> bool:
    """Tell whether a value may be a secret that its author put in the wrong place, so that it is never repeated."""
    return any(isinstance(step, str) and _PRIVATE.search(step) for step in steps)


def without(problems: Iterable[Problem], better: Iterable[Problem]) -> list[Problem]:
    """Return the problems for whose place there is no better one: one message for each place is enough."""
    places = {(found.line, found.column) for found in better}
    return [found for found in problems if (found.line, found.column) not in places]


def refuse(path: Path, problems: Iterable[Problem]) -> None:
    """Raise `DocumentError` with all the problems in the order of the file; do nothing when there are none."""
    ordered = sorted(set(problems), key=lambda problem: (problem.line, problem.column, problem.text))
    lines = [f"{path}:{found.line}:{found.column}: {spell_steps(found.steps)}: {found.text}" for found in ordered]
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [f"{path}: and {len(lines) - _SHOWN} more problems"]
    if lines:
        raise DocumentError(lines)
