"""Matchers: one spelling for each way a fact can be compared with what a policy expects: pure.

Types are strict everywhere: `1` never equals `"1"`, and `true` never equals `1`. A value of a type that a matcher
does not take meets nothing, except the negations `not_equals` and `none_of`: a text is certainly not the number 1.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from auditor.model.probe import Fact
from auditor.model.value import Value, ValueType, show

Operand: TypeAlias = Value | tuple[Value, ...]


class OperandKind(StrEnum):
    """What stands behind a matcher's name."""

    VALUE = "a value of the fact's type"
    VALUES = "a list of values of the fact's type"
    INTEGER = "an integer"
    STRING = "a string"
    BOOLEAN = "true or false"
    PATTERN = "a regular expression"


@dataclass(frozen=True, kw_only=True, slots=True)
class Matcher:
    """One way to compare.

    `meets(value, operand)` compares; `phrase(operand)` says it in words, after the fact's name;
    `allowed(operand)` gives the finite set of values that can meet it, None when it is not finite;
    `tautology(operand)` tells that every value of every fact it takes meets it.
    """

    name: str
    description: str
    fact_types: tuple[ValueType, ...]
    operand: OperandKind
    meets: Callable[[Value, Operand], bool]
    phrase: Callable[[Operand], str]
    allowed: Callable[[Operand], frozenset[Value] | None]
    tautology: Callable[[Fact, Operand], bool]

    def cannot_fail(self, fact: Fact, operand: Operand) -> bool:
        """Tell whether every value the fact can have meets the operand, so that expecting it says nothing."""
        values = possible_values(fact)
        if values is not None:
            return all(self.meets(value, operand) for value in values)
        return self.tautology(fact, operand)


def possible_values(fact: Fact) -> tuple[Value, ...] | None:
    """Return all the values a fact can have, None when they are not finite."""
    if fact.type is ValueType.BOOLEAN:
        return True, False
    return fact.choices or None if fact.type is ValueType.STRING else None


def _same(value: Value, operand: Operand) -> bool:
    return type(value) is type(operand) and value == operand


def _among(value: Value, operand: Operand) -> bool:
    return isinstance(operand, tuple) and any(_same(value, item) for item in operand)


def _integers(compare: Callable[[int, int], bool]) -> Callable[[Value, Operand], bool]:
    def meets(value: Value, operand: Operand) -> bool:
        return type(value) is int and type(operand) is int and compare(value, operand)

    return meets


def _found(value: Value, operand: Operand) -> bool:
    return isinstance(value, str) and isinstance(operand, str) and re.search(operand, value) is not None


def _holds(value: Value, operand: Operand) -> bool:
    return isinstance(value, str | tuple) and isinstance(operand, str) and operand in value


def _lacks(value: Value, operand: Operand) -> bool:
    return isinstance(value, str | tuple) and isinstance(operand, str) and operand not in value


def _emptiness(value: Value, operand: Operand) -> bool:
    return (value in {"", ()}) is operand


def _items(operand: Operand) -> tuple[Value, ...]:
    return operand if isinstance(operand, tuple) else (operand,)


def _show(operand: Operand) -> str:
    if not isinstance(operand, tuple):
        return show(operand)
    return "[" + ", ".join(show(item) for item in operand) + "]"


def _list(operand: Operand) -> str:
    return ", ".join(show(item) for item in _items(operand))


def _finds_everything(_: Fact, operand: Operand) -> bool:
    """Tell whether a search for the pattern finds something in every text; False when in doubt.

    A pattern that matches nothing at all, and does not look around, matches at the start of every text.
    """
    pattern = str(operand)
    if pattern in {"^.*$", "^(.*)$", r"\A.*\Z"}:
        return True
    bare = pattern[1:] if pattern.startswith("^") else pattern.removesuffix("$")
    looks_around = re.search(r"[\^$]|\\[AZzbB]|\(\?", bare) is not None
    return not looks_around and re.match(bare, "") is not None


def _unlimited(_: Operand) -> None:
    return None


def _can_fail(_: Fact, __: Operand) -> bool:
    return False


def _holds_everything(fact: Fact, operand: Operand) -> bool:
    return fact.type is ValueType.STRING and operand == ""


_SCALARS = (ValueType.BOOLEAN, ValueType.INTEGER, ValueType.STRING, ValueType.ANY)
_TEXTS = (ValueType.STRING, ValueType.STRINGS, ValueType.ANY)

_ALL = (
    Matcher(
        name="equals",
        description="The fact is exactly this value: same type, same case; lists in the same order.",
        fact_types=tuple(ValueType),
        operand=OperandKind.VALUE,
        meets=_same,
        phrase=lambda operand: f"is {_show(operand)}",
        allowed=lambda operand: frozenset({operand}),  # type: ignore[arg-type]  # a checked operand of `equals` is a Value
        tautology=_can_fail,
    ),
    Matcher(
        name="not_equals",
        description="The fact is there and is not this value; a value of another type is not it either.",
        fact_types=tuple(ValueType),
        operand=OperandKind.VALUE,
        meets=lambda value, operand: not _same(value, operand),
        phrase=lambda operand: f"is not {_show(operand)}",
        allowed=_unlimited,
        tautology=_can_fail,
    ),
    Matcher(
        name="one_of",
        description="The fact equals one of these values.",
        fact_types=_SCALARS,
        operand=OperandKind.VALUES,
        meets=_among,
        phrase=lambda operand: f"is one of {_list(operand)}",
        allowed=lambda operand: frozenset(_items(operand)),
        tautology=_can_fail,
    ),
    Matcher(
        name="none_of",
        description="The fact is there and equals none of these values.",
        fact_types=_SCALARS,
        operand=OperandKind.VALUES,
        meets=lambda value, operand: not _among(value, operand),
        phrase=lambda operand: f"is none of {_list(operand)}",
        allowed=_unlimited,
        tautology=_can_fail,
    ),
    Matcher(
        name="at_least",
        description="The fact is an integer and is this or greater.",
        fact_types=(ValueType.INTEGER, ValueType.ANY),
        operand=OperandKind.INTEGER,
        meets=_integers(lambda value, least: value >= least),
        phrase=lambda operand: f"is at least {_show(operand)}",
        allowed=_unlimited,
        tautology=_can_fail,
    ),
    Matcher(
        name="at_most",
        description="The fact is an integer and is this or less.",
        fact_types=(ValueType.INTEGER, ValueType.ANY),
        operand=OperandKind.INTEGER,
        meets=_integers(lambda value, most: value <= most),
        phrase=lambda operand: f"is at most {_show(operand)}",
        allowed=_unlimited,
        tautology=_can_fail,
    ),
    Matcher(
        name="matches",
        description="The expression is found somewhere in the text (Python's `re.search`; case counts; "
        "`^` and `$` tie it to the ends, `(?i)` in front ignores case).",
        fact_types=(ValueType.STRING, ValueType.ANY),
        operand=OperandKind.PATTERN,
        meets=_found,
        phrase=lambda operand: f"matches {_show(operand)}",
        allowed=_unlimited,
        tautology=lambda fact, operand: fact.type is ValueType.STRING and _finds_everything(fact, operand),
    ),
    Matcher(
        name="contains",
        description="The list has exactly this item; the text has this part; case counts.",
        fact_types=_TEXTS,
        operand=OperandKind.STRING,
        meets=_holds,
        phrase=lambda operand: f"contains {_show(operand)}",
        allowed=_unlimited,
        tautology=_holds_everything,
    ),
    Matcher(
        name="excludes",
        description="The list does not have this item; the text does not have this part; case counts.",
        fact_types=_TEXTS,
        operand=OperandKind.STRING,
        meets=_lacks,
        phrase=lambda operand: f"does not contain {_show(operand)}",
        allowed=_unlimited,
        tautology=lambda fact, operand: bool(fact.choices) and operand not in fact.choices,
    ),
    Matcher(
        name="empty",
        description="`true`: the text or list has nothing in it; `false`: it has something in it.",
        fact_types=_TEXTS,
        operand=OperandKind.BOOLEAN,
        meets=_emptiness,
        phrase=lambda operand: "is empty" if operand is True else "is not empty",
        allowed=_unlimited,
        tautology=_can_fail,
    ),
)

MATCHERS: Mapping[str, Matcher] = MappingProxyType({matcher.name: matcher for matcher in _ALL})
