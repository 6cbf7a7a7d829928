"""Files -> archive, always the same bytes for the same files (and the same zlib): no times, no owners, one order."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import BinaryIO

from auditor.errors import UsageError
from auditor.export.bundle import Digests
from auditor.export.layout import DEFLATED, LARGEST, MOST, Packed, central_header, end_record, local_header

_LEVEL = 9


class Archive:
    """An archive while it is filled; the file must be seekable, and is written from where it stands, the beginning."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[Packed] = []

    def add(self, name: str, pieces: Iterable[bytes], method: int = DEFLATED) -> Digests:
        """Add a file; raises `UsageError` when the archive would be too large."""
        start = self._file.tell()
        empty = Packed(name=name, method=method, crc=0, packed_size=0, size=0, offset=start)
        self._file.write(local_header(empty))
        entry, digests = self._packed(empty, pieces)
        if entry.end > LARGEST or entry.size > LARGEST or len(self._entries) >= MOST:
            raise UsageError(f"the export is larger than 4 GB at {name}; choose fewer formats with --format")
        self._file.seek(start)
        self._file.write(local_header(entry))
        self._file.seek(entry.end)
        self._entries.append(entry)
        return digests

    def close(self) -> None:
        """Write what stands at the end; the file stays open."""
        start = self._file.tell()
        for entry in self._entries:
            self._file.write(central_header(entry))
        self._file.write(end_record(len(self._entries), self._file.tell() - start, start))

    def _packed(self, empty: Packed, pieces: Iterable[bytes]) -> tuple[Packed, Digests]:
        content, packed = sha256(), sha256()
        crc = size = packed_size = 0

        def noted() -> Iterator[bytes]:
            nonlocal crc, size
            for piece in pieces:
                content.update(piece)
                crc, size = zlib.crc32(piece, crc), size + len(piece)
                yield piece

        for pressed in _deflated(noted()) if empty.method == DEFLATED else noted():
            packed.update(pressed)
            packed_size += self._file.write(pressed)
        entry = replace(empty, crc=crc, packed_size=packed_size, size=size)
        return entry, Digests(content=content.hexdigest(), packed=packed.hexdigest())


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    press = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    yield from map(press.compress, pieces)
    yield press.flush()
