"""Parts of schemas: shapes of enums, values and dataclasses, with the descriptions editors show."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from auditor.model.value import ValueType

Schema: TypeAlias = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ID = r"^[a-z0-9][a-z0-9-]*$"
NAME = r"^[a-z][a-z0-9_]*$"
REFERENCE = r"^\$\{[a-z][a-z0-9_]*\}$"
FORMS: Mapping[str, str] = {
    ID: "an id of lower-case letters, digits and hyphens, like 'owa-ssloffloaded'",
    NAME: "a name of lower-case letters, digits and underscores that begins with a letter, like 'owa_site'",
    REFERENCE: "the name of an input, like '${owa_site}'",
}
"""What each pattern means, in words."""

_TYPES: Mapping[ValueType, Schema] = {
    ValueType.BOOLEAN: {"type": "boolean"},
    ValueType.INTEGER: {"type": "integer"},
    ValueType.STRING: {"type": "string"},
    ValueType.STRINGS: {"type": "array", "items": {"type": "string"}},
    ValueType.ANY: {"type": ["boolean", "integer", "string", "array"], "items": {"type": "string"}},
}


def value_of(kind: ValueType) -> Schema:
    """Return the schema of a value of the type."""
    return dict(_TYPES[kind])


def closed(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    """Return the schema of a mapping with these keys and no others."""
    schema = {"type": "object", "additionalProperties": False, "properties": properties, **more}
    return {**schema, "required": list(required)} if required else schema


def mapping_of(item: Schema, names: str = "") -> Schema:
    """Return the schema of a mapping with keys of the author's choice, of the given pattern."""
    schema = {"type": "object", "additionalProperties": item}
    return {**schema, "propertyNames": {"pattern": names}} if names else schema


def list_of(item: Schema, least: int = 0) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


def inputs_given() -> Schema:
    """Return the schema of values for the inputs of policies."""
    return mapping_of(value_of(ValueType.ANY), NAME)


def object_of(noun: type[Any], described: Mapping[str, str], shapes: Mapping[str, Schema]) -> Schema:
    """Return the schema of a dataclass: the described fields, required where they have no default.

    `shapes` are for the fields whose spelling in a file differs from their type in the code.
    """
    hints = get_type_hints(noun)
    properties, required = {}, []
    for known in fields(noun):
        if known.name in described:
            shape = shapes[known.name] if known.name in shapes else shape_of(hints[known.name])
            properties[known.name] = {"description": described[known.name], **shape, **_default(known)}
            if known.default is MISSING and known.default_factory is MISSING:
                required.append(known.name)
    return closed(properties, tuple(required))


def shape_of(hint: Any) -> Schema:
    """Return the schema of a field by its type: enums, text, numbers, booleans, lists of text."""
    if isinstance(hint, UnionType):
        return shape_of(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return list_of({"type": "string", "minLength": 1})
    if issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    names = {bool: "boolean", int: "integer", str: "string"}
    return {"type": names[hint]}


def _default(known: "Field[Any]") -> Schema:
    default = known.default
    return {"default": default} if isinstance(default, str | int) and default != "" else {}
