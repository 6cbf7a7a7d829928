"""`fact: {matcher: value}` -> expectations; unknown names, wrong types and what says nothing are problems."""

import re
from collections.abc import Iterator, Mapping

from auditor.load.node import Node
from auditor.load.problem import Problem
from auditor.matchers import MATCHERS, Matcher, Operand
from auditor.model.policy import Expectation
from auditor.model.probe import Fact
from auditor.model.value import ValueType, show
from auditor.operands import impossible, wrong_operand
from auditor.suggest import advice, unknown

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_expectations(node: Node, facts: Mapping[str, Fact], problems: list[Problem]) -> tuple[Expectation, ...]:
    """Return the expectations of a mapping from facts to matchers."""
    found: list[Expectation] = []
    for name, matchers in node.fields():
        if name in facts:
            found.extend(read_matchers(matchers, facts[name], problems))
        else:
            problems.append(matchers.key_problem(unknown("fact", name, facts)))
    return tuple(found)


def read_matchers(node: Node, fact: Fact, problems: list[Problem]) -> tuple[Expectation, ...]:
    """Return the expectations about one fact: `{matcher: value, ...}`."""
    if not isinstance(node.value, dict):
        example = f"{{equals: {show(plain)}}}" if (plain := node.plain()) is not None else "{equals: ...}"
        problems.append(node.problem(f"a matcher is missing; write {example}"))
        return ()
    if not node.value:
        problems.append(node.problem(f"nothing is expected of {fact.name!r}; write a matcher, like {{equals: ...}}"))
    before = len(problems)
    found = tuple(found for name, operand in node.fields() for found in _read(name, operand, fact, problems))
    if len(problems) == before and found and impossible(fact, found):
        problems.append(node.problem(f"no value of {fact.name!r} can meet this, so it would always fail"))
    return found


def check_placeholders(node: Node, facts: Mapping[str, Fact], problems: list[Problem]) -> str:
    """Return a reason, having checked that each `{fact}` in it can be put in."""
    named = _PLACEHOLDER.findall(node.text())
    problems.extend(node.problem(unknown("fact in braces", name, facts)) for name in named if name not in facts)
    return node.text()


def _read(name: str, node: Node, fact: Fact, problems: list[Problem]) -> Iterator[Expectation]:
    usable = [matcher.name for matcher in MATCHERS.values() if fact.type in matcher.fact_types]
    if name not in MATCHERS:
        problems.append(node.key_problem(unknown("matcher", name, usable)))
    elif name not in usable:
        text = f"{name!r} is not for {fact.name!r}, which is {fact.type.value}{advice('', usable)}"
        problems.append(node.key_problem(text))
    elif (operand := _operand(node)) is None:
        problems.append(node.problem(f"{name!r} cannot compare with this; write a value or a list of values"))
    elif wrong := _wrong(MATCHERS[name], fact, operand):
        problems.append(node.problem(wrong))
    else:
        yield Expectation(fact=fact.name, matcher=name, operand=operand)


def _operand(node: Node) -> Operand | None:
    if isinstance(node.value, list) and all(isinstance(item, bool | int | str) for item in node.value):
        return tuple(node.value)
    return node.plain()


def _wrong(matcher: Matcher, fact: Fact, operand: Operand) -> str:
    texts = [item for item in (operand if isinstance(operand, tuple) else (operand,)) if isinstance(item, str)]
    if any("${" in text for text in texts):
        return "an input can be used in parameters only; here write the value itself"
    if needed := wrong_operand(matcher, fact, operand):
        return f"{matcher.name!r} for {fact.name!r} needs {needed}{_quote(fact, operand)}"
    strangers = [text for text in texts if fact.choices and matcher.name != "matches" and text not in fact.choices]
    if strangers:
        return f"{fact.name!r} is never {strangers[0]!r}{advice(strangers[0], fact.choices)}"
    if matcher.cannot_fail(fact, operand):
        return f"this cannot fail: every value of {fact.name!r} {matcher.phrase(operand)}; expect something"
    return ""


def _quote(fact: Fact, operand: Operand) -> str:
    if fact.type is not ValueType.STRING or isinstance(operand, str | tuple):
        return ""
    return f'; quote it: "{show(operand)}"'
