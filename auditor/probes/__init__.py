"""Probes: named ways to know something. One file each, ending in `PROBE`; found by discovery."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from auditor.model.probe import Probe


def _discover() -> Mapping[str, Probe]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    probes = (module.PROBE for module in modules if hasattr(module, "PROBE"))
    return MappingProxyType({probe.name: probe for probe in probes})


PROBES: Mapping[str, Probe] = _discover()
