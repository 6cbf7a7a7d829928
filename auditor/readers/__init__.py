"""One file per kind of question: how it is asked, its PowerShell (a `.ps1` beside it), how its answer is read.

A new reader is one module ending in `READER = Reader(...)`, and its `.ps1`; it is found here by its constant.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

from auditor.model.reader import Reader


def _readers() -> Iterator[Reader]:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        reader = getattr(import_module(f"{__name__}.{module.name}"), "READER", None)
        if isinstance(reader, Reader):
            yield reader


READERS: Mapping[str, Reader] = MappingProxyType({reader.kind: reader for reader in _readers()})
"""Every reader there is, by the kind of question it answers."""
