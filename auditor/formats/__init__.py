"""Report formats: a run -> bytes. One file each, named like the format and ending in `FORMAT`; found by discovery."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules

from auditor.formats.format import Format


class _Discovered(Mapping[str, Format]):
    """The formats by name; only the file of the one that is wanted is imported, for a run mostly writes one or two."""

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return tuple(found.name for found in iter_modules(__path__))

    def __getitem__(self, name: str) -> Format:
        found: Format | None = None
        if name in self._files:
            found = getattr(import_module(f"{__name__}.{name}"), "FORMAT", None)
        if found is None:  # a file that formats share has none
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._files if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


FORMATS: Mapping[str, Format] = _Discovered()
