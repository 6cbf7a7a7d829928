"""JSON documents as dataclasses: the JSON Schema of a class, and its strict reader. Both follow the annotations.

Understood: `str`, `int`, `float`, `bool`, string enums, `tuple[X, ...]` and `Sequence[X]` (both read as a tuple),
`Mapping[str, X]`, `Mapping[SomeEnum, X]` (every member is a key), dataclasses of these, and `X | None`. Every field
must be present and nothing else may be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

_LISTS = (tuple, Sequence)

_SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_of(kind: type) -> dict[str, Any]:
    """Return the JSON Schema (Draft 2020-12) of a dataclass; nested dataclasses stand in `$defs` by their name."""
    definitions: dict[str, Any] = {}
    root = _object(kind, definitions)
    return root | {"$defs": dict(sorted(definitions.items()))}


def document_schema(kind: type, name: str) -> dict[str, Any]:
    """Return the schema of a whole document, whose class has a `schema` that is its name: `auditor-run/1`."""
    schema = schema_of(kind)
    schema["properties"]["schema"] = {"const": name}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:auditor:schema:{name.replace('/', ':')}",
    } | schema


def value_of(kind: type[T], data: Any, path: str = "$") -> T:
    """Return the dataclass that the JSON value describes.

    Raises `ValueError`, naming the path in the document, for anything that is not exactly as annotated.
    """
    return cast("T", _read(kind, data, path))


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _schema(hint, definitions) for name, hint in _hints(kind).items()}
    text = (getdoc(kind) or "").replace("\n", " ")
    return {"title": kind.__name__, "description": text, "type": "object"} | _closed(properties)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if isinstance(hint, UnionType):
        return {"anyOf": [_schema(_given(hint), definitions), {"type": "null"}]}
    if get_origin(hint) in _LISTS:
        return {"type": "array", "items": _schema(get_args(hint)[0], definitions)}
    if get_origin(hint) is Mapping:
        key, item = get_args(hint)
        return {"type": "object"} | _mapping(key, item, definitions)
    if is_dataclass(hint):
        return _reference(cast("type", hint), definitions)
    if _is_enum(hint):
        return {"enum": [member.value for member in hint]}
    raise TypeError(f"{hint!r} has no JSON Schema here")


def _reference(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # taken before it is filled, so that a class may hold itself
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _mapping(key: Any, item: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if _is_enum(key):
        return _closed({member.value: _schema(item, definitions) for member in key})
    return {"additionalProperties": _schema(item, definitions)}


def _read(hint: Any, data: Any, path: str) -> Any:
    if hint in _SCALARS:
        return _scalar(hint, data, path)
    if isinstance(hint, UnionType):
        return None if data is None else _read(_given(hint), data, path)
    if get_origin(hint) in _LISTS:
        items = _expect(list, data, path)
        return tuple(_read(get_args(hint)[0], item, f"{path}[{index}]") for index, item in enumerate(items))
    if get_origin(hint) is Mapping:
        key, item = get_args(hint)
        return _read_mapping(key, item, _expect(dict, data, path), path)
    if is_dataclass(hint):
        kind = cast("type", hint)
        return kind(**_read_fields(_hints(kind), _expect(dict, data, path), path))
    if data not in list(hint):
        raise ValueError(f"{path}: {data!r} is none of {', '.join(hint)}")
    return hint(data)


def _given(hint: UnionType) -> Any:
    """Return the `X` of `X | None`, the only union there is."""
    others = [each for each in get_args(hint) if each is not NoneType]
    if len(others) != 1 or len(get_args(hint)) != 2:
        raise TypeError(f"{hint!r} has no JSON Schema here; only `X | None` has")
    return others[0]


def _scalar(hint: type, data: Any, path: str) -> Any:
    if hint is float and type(data) is int:
        return float(data)
    return _expect(hint, data, path)


def _read_mapping(key: Any, item: Any, data: Mapping[str, Any], path: str) -> Mapping[Any, Any]:
    if _is_enum(key):
        values = _read_fields({member.value: item for member in key}, data, path)
        return {member: values[member.value] for member in key}
    return {name: _read(item, value, f"{path}.{name}") for name, value in data.items()}


def _read_fields(hints: Mapping[str, Any], data: Mapping[str, Any], path: str) -> dict[str, Any]:
    if hints.keys() != data.keys():
        raise ValueError(f"{path}: has the keys {sorted(data)}, not {sorted(hints)}")
    return {name: _read(hint, data[name], f"{path}.{name}") for name, hint in hints.items()}


def _expect(kind: type, data: Any, path: str) -> Any:
    if type(data) is not kind:
        raise ValueError(f"{path}: {type(data).__name__} instead of {kind.__name__}")
    return data


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
