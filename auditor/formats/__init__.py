"""Report formats: a run -> bytes. One file each, ending in `FORMAT`; found by discovery."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from auditor.formats.format import Format


def _discover() -> Mapping[str, Format]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    formats = (module.FORMAT for module in modules if hasattr(module, "FORMAT"))
    return MappingProxyType({found.name: found for found in formats})


FORMATS: Mapping[str, Format] = _discover()
