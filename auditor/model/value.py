"""The values that travel: JSON from replies, and the small typed values of inputs, parameters and facts."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Value: TypeAlias = bool | int | str | tuple[str, ...]


class ValueType(StrEnum):
    """The types an input, a parameter or a fact can have; spelled so in policies."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    STRING = "string"
    STRINGS = "strings"
    ANY = "any"


def type_of(value: Value) -> ValueType:
    """Return the type of a value; `True` is a boolean, never an integer."""
    match value:
        case bool():
            return ValueType.BOOLEAN
        case int():
            return ValueType.INTEGER
        case str():
            return ValueType.STRING
        case tuple():
            return ValueType.STRINGS


def show(value: Value) -> str:
    """Return the value as people read it in an expectation: `true`, `1`, `'text'`, `['a', 'b']`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return repr(value)
        case tuple():
            return "[" + ", ".join(repr(item) for item in value) + "]"
