"""JSON Schemas (Draft 2020-12) of every file read and written, generated from the code.

A module here named `x` offers its schema as the function `x_schema`, callable without arguments; found by discovery.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any


def _discover() -> Mapping[str, Callable[[], dict[str, Any]]]:
    modules = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
    schemas = {name: getattr(module, f"{name}_schema", None) for name, module in modules.items()}
    return MappingProxyType({name: schema for name, schema in schemas.items() if schema})


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = _discover()
