"""The shapes that parts of a description can have: a small counterpart of JSON Schema, as plain values.

`what` of a shape completes "write ..." in a message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A string; `accept` raises `ValueError` for one that makes no sense."""

    what: str = "text"
    accept: Callable[[str], object] = str


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def what(self) -> str:
        """Complete "write ..."."""
        return f"one of {', '.join(self.words)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """An integer from 0 to `greatest`."""

    greatest: int = 2**31 - 1

    @property
    def what(self) -> str:
        """Complete "write ..."."""
        return f"a whole number from 0 to {self.greatest}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """`true` or `false`."""

    what: ClassVar[str] = "true or false"


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """A list of things of one shape."""

    what: ClassVar[str] = "a list"
    item: "Shape"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A mapping whose keys the author chooses."""

    what: ClassVar[str] = "a mapping"
    key: Text = Text()
    item: "Shape"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A mapping with known keys; `accept` raises `ValueError` when its members, each right, do not fit together."""

    what: ClassVar[str] = "a mapping"
    fields: Mapping[str, "Shape"]
    required: frozenset[str] = frozenset()
    accept: Callable[[Mapping[str, Any]], object] = len


@dataclass(frozen=True, kw_only=True, slots=True)
class Or:
    """One of some words instead of the shape, e.g. `absent`."""

    words: tuple[str, ...]
    shape: "Shape"

    @property
    def what(self) -> str:
        """Complete "write ..."."""
        return f"{', '.join(self.words)} or {self.shape.what}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyData:
    """Whatever stands there is judged by the record around it."""

    what: ClassVar[str] = "a value"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """Any of these shapes, none of which has members."""

    shapes: "tuple[Shape, ...]"

    @property
    def what(self) -> str:
        """Complete "write ..."."""
        return " or ".join(shape.what for shape in self.shapes)


Shape: TypeAlias = Text | Word | Whole | Flag | Items | Table | Record | Or | AnyData | AnyOf


def fits(shape: Shape, value: Any) -> bool:
    """Tell whether a value without members is right."""
    match shape:
        case Text(accept=accept):
            return isinstance(value, str) and not refusal(accept, value)
        case Whole(greatest=greatest):
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= greatest
        case Flag():
            return isinstance(value, bool)
        case Items(item=item):
            return isinstance(value, list) and all(fits(item, member) for member in value)
        case AnyOf(shapes=shapes):
            return any(fits(one, value) for one in shapes)
        case _:
            return isinstance(shape, Or | AnyData)


def refusal(accept: Callable[[str], object], text: str) -> str:
    """Return why a text is not accepted, "" when it is."""
    try:
        accept(text)
    except ValueError as error:
        return str(error)
    return ""
