"""What starts an audit every night: one file per scheduler, ending in `SCHEDULER`; found by discovery."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from auditor.schedule.scheduler import Scheduler


def _discover() -> Mapping[str, Scheduler]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    schedulers = (module.SCHEDULER for module in modules if hasattr(module, "SCHEDULER"))
    return MappingProxyType({found.name: found for found in schedulers})


SCHEDULERS: Mapping[str, Scheduler] = _discover()
