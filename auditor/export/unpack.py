"""Archive -> files, but only an archive as `auditor.export.pack` writes it: whoever changes a bit is told where."""

import stat
import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from auditor.export.bundle import BundleError, Digests
from auditor.export.layout import (
    CENTRAL,
    CENTRAL_MARK,
    DEFLATED,
    END,
    END_MARK,
    LARGEST,
    LOCAL,
    STORED,
    Packed,
    central_header,
    end_record,
    local_header,
)
from auditor.export.names_in_bundle import refuse_name, refuse_names

MOST_UNPACKED = 16 * 1024**3
"""Bytes that all files may have together when unpacked."""
MOST_DENSE = 1000
"""How many bytes one packed byte may become; the most that deflate can do is 1,032, and no report comes near."""

_PIECE = 1 << 20
_COMMENT = 1 << 16
_DIRECTORY = 64 * 1024**2
_ENCRYPTED = 0x1


class Opened:
    """An archive that was found to be as it must be; the file stays open as long as this is used."""

    def __init__(self, file: BinaryIO, entries: tuple[Packed, ...]) -> None:
        self._file = file
        self._entries = {entry.name: entry for entry in entries}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, as they stand in the archive."""
        return tuple(self._entries)

    def is_stored(self, name: str) -> bool:
        """Return whether a file's bytes stand in the archive as they are, not packed."""
        return self._entries[name].method == STORED

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file's content, never more than its entry says; raises `BundleError` where it is damaged."""
        entry = self._entries[name]
        crc = size = 0
        for piece in self._unpacked(entry):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size > entry.size:
                raise BundleError((f"{name}: it is larger than its entry says",))
            yield piece
        if (crc, size) != (entry.crc, entry.size):
            raise BundleError((f"{name}: it is damaged: size or checksum is not what its entry says",))

    def digests(self, name: str) -> Digests:
        """Return the digests of a file; raises `BundleError` where it is damaged."""
        entry = self._entries[name]
        packed = sha256()
        for piece in self._raw(entry):
            packed.update(piece)
        content = sha256()
        for piece in self.pieces(name):
            content.update(piece)
        return Digests(content=content.hexdigest(), packed=packed.hexdigest())

    def _raw(self, entry: Packed) -> Iterator[bytes]:
        place = entry.start
        while place < entry.end:
            self._file.seek(place)
            piece = self._file.read(min(_PIECE, entry.end - place))
            place += len(piece)
            yield piece

    def _unpacked(self, entry: Packed) -> Iterator[bytes]:
        if entry.method == STORED:
            yield from self._raw(entry)
            return
        press = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for piece in self._raw(entry):
                yield press.decompress(piece, _PIECE)
                while press.unconsumed_tail:
                    yield press.decompress(press.unconsumed_tail, _PIECE)
                if press.unused_data:
                    raise BundleError((f"{entry.name}: other bytes stand behind its packed bytes",))
            yield press.flush()
        except zlib.error as error:
            raise BundleError((f"{entry.name}: its packed bytes are damaged ({error})",)) from error
        if not press.eof:
            raise BundleError((f"{entry.name}: its packed bytes end too early",))


def opened(file: BinaryIO) -> Opened:
    """Return the archive in a seekable file; raises `BundleError` for anything that `pack` does not write."""
    length = file.seek(0, 2)
    start, size, count = _end(file, length)
    file.seek(start)
    entries = tuple(_directory(file.read(size), count))
    refuse_names([entry.name for entry in entries])
    _refuse_bombs(entries)
    _refuse_gaps(file, entries, start)
    return Opened(file, entries)


def unpack(contents: Opened, names: Iterable[str], folder: Path) -> None:
    """Write these files into an empty folder; all names in the archive were found to lead nowhere else."""
    for name in names:
        target = folder.joinpath(*name.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.writelines(contents.pieces(name))


def _end(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Return where the directory starts, its size, and how many files it has."""
    file.seek(max(0, length - END.size))
    last = file.read(END.size)
    if len(last) < END.size or not last.startswith(END_MARK):
        raise BundleError((_strange_end(file, length),))
    _, _, _, _, count, size, start, comment = END.unpack(last)
    if start + size + END.size != length or size > _DIRECTORY:
        raise BundleError(("the archive: bytes stand before its files or around its directory that do not belong",))
    if comment or last != end_record(count, size, start):
        raise BundleError(("the archive: its last bytes (end of central directory) were changed",))
    return start, size, count


def _strange_end(file: BinaryIO, length: int) -> str:
    tail = min(length, _COMMENT + END.size)
    file.seek(length - tail)
    place = file.read(tail).rfind(END_MARK)
    if place < 0:
        return "the archive: this is no ZIP archive, or its end is missing"
    return f"the archive: {tail - place - END.size} bytes stand behind its end (a comment, or something appended)"


def _directory(data: bytes, count: int) -> Iterator[Packed]:
    place = 0
    for number in range(1, count + 1):
        head = data[place : place + CENTRAL.size]
        if len(head) < CENTRAL.size or not head.startswith(CENTRAL_MARK):
            raise BundleError((f"the archive: entry {number} of its directory is missing or damaged",))
        name_size, extra, comment = CENTRAL.unpack(head)[10:13]
        whole = data[place : place + CENTRAL.size + name_size + extra + comment]
        yield _entry(whole, name_size)
        place += len(whole)
    if place != len(data):
        raise BundleError((f"the archive: {len(data) - place} bytes stand behind the last entry of its directory",))


def _entry(whole: bytes, name_size: int) -> Packed:
    name = refuse_name(whole[CENTRAL.size : CENTRAL.size + name_size])
    fields = CENTRAL.unpack(whole[: CENTRAL.size])
    flags, method, crc, packed_size, size = fields[3], fields[4], *fields[7:10]
    mode, offset = fields[15] >> 16, fields[16]
    if flags & _ENCRYPTED:
        raise BundleError((f"{name}: it is encrypted; nothing in an export is",))
    if stat.S_ISLNK(mode):
        raise BundleError((f"{name}: it is a symbolic link; an export has files only",))
    if stat.S_IFMT(mode) != stat.S_IFREG:
        raise BundleError((f"{name}: it is no plain file; an export has files only",))
    if method not in (STORED, DEFLATED) or max(packed_size, size, offset) > LARGEST:
        raise BundleError((f"{name}: it is packed in a way that no export is (method {method})",))
    entry = Packed(name=name, method=method, crc=crc, packed_size=packed_size, size=size, offset=offset)
    if whole != central_header(entry):
        raise BundleError((f"{name}: its entry in the directory was changed (time, mode, version, flags or extras)",))
    return entry


def _refuse_bombs(entries: tuple[Packed, ...]) -> None:
    for entry in entries:
        if entry.size > max(entry.packed_size, 1) * MOST_DENSE:
            raise BundleError((f"{entry.name}: {entry.packed_size} bytes would become {entry.size}; this is a bomb",))
    if (total := sum(entry.size for entry in entries)) > MOST_UNPACKED:
        raise BundleError((f"the archive: its files would have {total} bytes, more than {MOST_UNPACKED}",))


def _refuse_gaps(file: BinaryIO, entries: tuple[Packed, ...], end: int) -> None:
    """Refuse whatever stands beside the files: nothing may be hidden between them, and no two may share bytes."""
    if not entries:
        raise BundleError(("the archive: it is empty",))
    if entries[0].offset:
        raise BundleError((f"the archive: {entries[0].offset} bytes stand before the first file",))
    for entry, following in zip(entries, (*(each.offset for each in entries[1:]), end), strict=True):
        if entry.end != following:
            raise BundleError((f"{entry.name}: its bytes do not end where the next ones begin",))
        file.seek(entry.offset)
        if file.read(LOCAL.size + len(entry.name)) != local_header(entry):
            raise BundleError((f"{entry.name}: what stands before its bytes (local header) was changed",))
