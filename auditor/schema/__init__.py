"""JSON Schemas (Draft 2020-12) of every file read and written, generated from the code.

The module named `x` offers its schema as the function `x_schema`, callable without arguments. It is imported when its
schema is asked for, so that whoever needs one of them does not import what all of them describe.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any

_NAMES = ("audit_file", "diff", "examples", "inventory", "policy", "run", "waivers")


def _build(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = getattr(import_module(f"{__name__}.{name}"), f"{name}_schema")()
    return schema


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = MappingProxyType({name: partial(_build, name) for name in _NAMES})
