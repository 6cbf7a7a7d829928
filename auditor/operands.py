"""Whether an expectation makes sense: the operand's type, and whether any value at all can meet it: pure."""

import re
import warnings
from collections.abc import Sequence

from auditor.matchers import MATCHERS, Matcher, Operand, OperandKind, possible_values
from auditor.model.policy import Expectation
from auditor.model.probe import Fact
from auditor.model.value import Value, ValueType, type_of


def impossible(fact: Fact, expectations: Sequence[Expectation]) -> bool:
    """Tell whether no value of the fact can meet all the expectations (which are all about it)."""
    finite = [possible_values(fact), *(MATCHERS[each.matcher].allowed(each.operand) for each in expectations)]
    candidates: list[Sequence[Value]] = [tuple(values) for values in finite if values is not None]
    if candidates:
        return not any(_meets_all(value, expectations) for value in min(candidates, key=len))
    least = [each.operand for each in expectations if each.matcher == "at_least"]
    most = [each.operand for each in expectations if each.matcher == "at_most"]
    return any(isinstance(low, int) and isinstance(high, int) and low > high for low in least for high in most)


def wrong_operand(matcher: Matcher, fact: Fact, operand: Operand) -> str:
    """Return what the operand would have to be, empty when it is right."""
    match matcher.operand:
        case OperandKind.VALUE:
            return "" if _fits(operand, fact.type) else f"{article(fact.type)}"
        case OperandKind.VALUES:
            return (
                ""
                if _is_list(operand, fact.type)
                else f"a list of at least one {_item_name(fact.type)}, all of one type"
            )
        case OperandKind.INTEGER:
            return "" if _fits(operand, ValueType.INTEGER) else article(ValueType.INTEGER)
        case OperandKind.BOOLEAN:
            return "" if _fits(operand, ValueType.BOOLEAN) else article(ValueType.BOOLEAN)
        case OperandKind.STRING:
            return "" if _fits(operand, ValueType.STRING) else article(ValueType.STRING)
        case OperandKind.PATTERN:
            return _wrong_pattern(operand)


def article(kind: ValueType) -> str:
    """Return the type's name in a sentence."""
    names = {
        ValueType.BOOLEAN: "true or false",
        ValueType.INTEGER: "an integer",
        ValueType.STRING: "a string",
        ValueType.STRINGS: "a list of strings",
        ValueType.ANY: "a value",
    }
    return names[kind]


def _meets_all(value: Value, expectations: Sequence[Expectation]) -> bool:
    return all(MATCHERS[each.matcher].meets(value, each.operand) for each in expectations)


def _fits(operand: Operand, kind: ValueType) -> bool:
    if isinstance(operand, tuple) and not all(isinstance(item, str) for item in operand):
        return False
    return kind is ValueType.ANY or type_of(operand) is kind  # type: ignore[arg-type]  # only strings are in a tuple here


def _is_list(operand: Operand, kind: ValueType) -> bool:
    if not isinstance(operand, tuple) or not operand:
        return False
    kinds = {type_of(item) for item in operand}
    return len(kinds) == 1 and (kind is ValueType.ANY or kinds == {kind})


def _item_name(kind: ValueType) -> str:
    return "value" if kind is ValueType.ANY else kind.value


def _wrong_pattern(operand: Operand) -> str:
    if not isinstance(operand, str):
        return "a regular expression as a string"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(operand)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        return f"a regular expression that Python's re understands ({error})"
    return ""
