"""A document against a JSON schema -> problems, in words for the person who wrote the document."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from auditor.load.document import Document
from auditor.load.problem import Problem, Steps, is_private
from auditor.schema.parts import FORMS, Schema
from auditor.suggest import advice, unknown

_EMPTY = "this is empty; write something, or remove the key"
_SHOWN = 80
_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "an integer",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    """One rule of a schema that a value breaks: the rule's name, what it wants, and the schema it stands in."""

    steps: Steps
    instance: Any
    rule: str
    wanted: Any
    schema: Schema
    is_about_name: bool
    is_conditional: bool


def structure_problems(document: Document, schema: Schema) -> list[Problem]:
    """Return every way in which the document has not the schema's shape, but for what stands under `allOf`."""
    return check_structure(document, schema)[0]


def check_structure(document: Document, schema: Schema) -> tuple[list[Problem], list[Problem]]:
    """Return every way in which the document has not the schema's shape, in two lists.

    The second is what stands under `allOf`: it depends on other parts of the document, and the readers say it better.
    It is for the end, so that nothing the schema refuses is let through because no reader found words for it.
    """
    violations = list(_violations(document, schema))
    certain = (violation for violation in violations if not violation.is_conditional)
    conditional = (violation for violation in violations if violation.is_conditional)
    return (
        [problem for violation in certain for problem in _problems(document, violation)],
        [problem for violation in conditional for problem in _problems(document, violation)],
    )


def _violations(document: Document, schema: Schema) -> Iterator[Violation]:
    for error in Draft202012Validator(schema).iter_errors(document.value):
        yield Violation(
            steps=tuple(error.absolute_path),
            instance=error.instance,
            rule=str(error.validator),
            wanted=error.validator_value,
            schema=error.schema if isinstance(error.schema, dict) else {},
            is_about_name="propertyNames" in error.absolute_schema_path,
            is_conditional="allOf" in error.absolute_schema_path,
        )


def _problems(document: Document, violation: Violation) -> Iterator[Problem]:
    steps = violation.steps
    if violation.is_about_name:
        yield document.key_problem(
            (*steps, violation.instance), _pattern(violation, f"the name {violation.instance!r}")
        )
    elif violation.rule == "additionalProperties":
        yield from _unknown_keys(document, violation)
    elif violation.rule == "required":
        for name in violation.wanted:
            if name not in violation.instance:
                yield document.problem(steps, f"{name!r} is missing; add it{_meaning(violation, name)}")
    else:
        yield document.problem(steps, _sentence(violation))


def _unknown_keys(document: Document, violation: Violation) -> Iterator[Problem]:
    known = violation.schema.get("properties", {})
    for name in violation.instance:
        if name not in known:
            yield document.key_problem((*violation.steps, name), unknown("key", name, known))


def _meaning(violation: Violation, name: str) -> str:
    description = violation.schema.get("properties", {}).get(name, {}).get("description", "")
    return f": {description}" if description else ""


def _sentence(violation: Violation) -> str:
    write = _SENTENCES.get(violation.rule)
    shown = "this" if is_private(violation.steps) else _show(violation.instance)
    return write(violation, shown) if write else f"{shown} does not belong here; remove it"


def _type(violation: Violation, shown: str) -> str:
    wanted, instance = violation.wanted, violation.instance
    names = [_NAMES[name] for name in ([wanted] if isinstance(wanted, str) else wanted)]
    is_unquoted = wanted == "string" and isinstance(instance, int | float) and shown != "this"
    quote = f'; quote it: "{shown}"' if is_unquoted else ""
    return f"{shown} is {_kind(instance)}, but {' or '.join(names)} is needed{quote}"


def _enum(violation: Violation, shown: str) -> str:
    known = [str(value) for value in violation.wanted]
    return f"{shown} is not known here{advice(str(violation.instance), known)}"


def _pattern(violation: Violation, shown: str) -> str:
    return f"{shown} is not {FORMS.get(violation.wanted, f'of the form {violation.wanted}')}"


def _range(violation: Violation, shown: str) -> str:
    words = {"minimum": "at least", "maximum": "at most"}
    bounds = [f"{word} {violation.schema[key]}" for key, word in words.items() if key in violation.schema]
    return f"{shown} is out of range; it must be {' and '.join(bounds)}"


_SENTENCES: Mapping[str, Callable[[Violation, str], str]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minLength": lambda _, __: _EMPTY,
    "minItems": lambda _, __: _EMPTY,
    "minProperties": lambda _, __: _EMPTY,
    "minimum": _range,
    "maximum": _range,
    "maxProperties": lambda violation, _: f"only one of {', '.join(violation.schema['properties'])} may be given",
    "uniqueItems": lambda _, __: "an item stands here twice; keep one",
    "const": lambda violation, shown: f"{shown} is not possible here; write {_show(violation.wanted)}",
}


def _show(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "nothing"
        case dict() | list():
            return "this"
        case str():
            return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
        case _:
            return str(value)


def _kind(value: Any) -> str:
    kinds = {bool: "a boolean", int: "an integer", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), "empty")
