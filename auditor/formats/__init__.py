"""Report formats: a run -> bytes. One file each, ending in `FORMAT`; found by discovery."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules

from auditor.formats.format import Format


class _Discovered(Mapping[str, Format]):
    """The formats by name, looked for when the first is wanted: what writes no report starts without their modules."""

    @cached_property
    def _formats(self) -> Mapping[str, Format]:
        modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
        formats = (module.FORMAT for module in modules if hasattr(module, "FORMAT"))
        return {found.name: found for found in formats}

    def __getitem__(self, name: str) -> Format:
        return self._formats[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._formats)

    def __len__(self) -> int:
        return len(self._formats)


FORMATS: Mapping[str, Format] = _Discovered()
