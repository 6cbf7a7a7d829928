"""A value in a document together with where it stands; what cannot be read as asked reads as nothing.

Readers collect problems in a list and go on, so that one file gives all its problems at once. That a value has the
right shape is the schema's business (`structure`); here a value of another shape is simply not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from auditor.load.document import Document
from auditor.load.problem import Problem, Steps
from auditor.model.value import Value

Member = TypeVar("Member", bound=StrEnum)


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One value of a document; `value` is None where nothing is written."""

    document: Document
    steps: Steps = ()
    value: Any

    def __getitem__(self, name: str) -> "Node":
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Node(document=self.document, steps=(*self.steps, name), value=value)

    def __contains__(self, name: object) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def fields(self) -> Iterator[tuple[str, "Node"]]:
        """Yield the entries of a mapping, in the order of the file."""
        for name in self.value if isinstance(self.value, dict) else ():
            yield name, self[name]

    def items(self) -> Iterator["Node"]:
        """Yield the items of a list."""
        for index, item in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Node(document=self.document, steps=(*self.steps, index), value=item)

    @property
    def line(self) -> int:
        """The line it stands in."""
        return self.document.position(self.steps)[0]

    def problem(self, text: str) -> Problem:
        """Return a problem with the value."""
        return self.document.problem(self.steps, text)

    def key_problem(self, text: str) -> Problem:
        """Return a problem with the key."""
        return self.document.key_problem(self.steps, text)

    def text(self) -> str:
        """Return the text, empty for anything else."""
        return self.value if isinstance(self.value, str) else ""

    def texts(self) -> tuple[str, ...]:
        """Return the texts of a list, without anything else."""
        return tuple(item.value for item in self.items() if isinstance(item.value, str))

    def number(self) -> int | None:
        """Return the integer, None for anything else."""
        return self.value if type(self.value) is int else None

    def member(self, default: Member) -> Member:
        """Return the member of the default's enum with this value, the default for anything else."""
        kind = type(default)
        return kind(self.text()) if self.text() in {member.value for member in kind} else default

    def plain(self) -> Value | None:
        """Return a boolean, an integer, a string or a list of strings; None for anything else."""
        match self.value:
            case bool() | int() | str():
                return self.value
            case list() as items if all(isinstance(item, str) for item in items):
                return tuple(items)
        return None


def top(document: Document) -> Node:
    """Return the whole document as a node."""
    return Node(document=document, value=document.value)
