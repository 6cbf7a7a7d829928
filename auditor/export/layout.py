"""The bytes around the files of an archive: each entry has one form only, so that no bit of it is free. Pure.

The format is ZIP (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16) without encryption, comments, extra fields,
data descriptors and ZIP64; every unzip program reads it.
"""

import struct
from dataclasses import dataclass

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")

LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
STORED, DEFLATED = 0, 8
LARGEST = 0xFFFF_FFFE
"""Bytes of an archive, and of a file in it: what ZIP64 is not needed for."""
MOST = 0xFFFE
"""Files in an archive."""

_NEEDED = 20  # version 2.0: deflate
_UNIX = 3
_MADE = (_UNIX << 8) | _NEEDED
_DATE = (0 << 9) | (1 << 5) | 1  # 1980-01-01, the earliest there is
_MODE = 0o100600 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """A file as it stands in an archive; sizes in bytes, `offset` from the beginning of the archive."""

    name: str
    method: int
    crc: int
    packed_size: int
    size: int
    offset: int

    @property
    def start(self) -> int:
        """Where its packed bytes begin."""
        return self.offset + LOCAL.size + len(self.name)

    @property
    def end(self) -> int:
        """Where its packed bytes end."""
        return self.start + self.packed_size


def local_header(packed: Packed) -> bytes:
    """Return what stands before the packed bytes."""
    name = packed.name.encode("ascii")
    sizes = packed.crc, packed.packed_size, packed.size
    return LOCAL.pack(LOCAL_MARK, _NEEDED, 0, packed.method, 0, _DATE, *sizes, len(name), 0) + name


def central_header(packed: Packed) -> bytes:
    """Return the entry of the directory at the archive's end."""
    name = packed.name.encode("ascii")
    sizes = packed.crc, packed.packed_size, packed.size
    head = CENTRAL.pack(
        CENTRAL_MARK, _MADE, _NEEDED, 0, packed.method, 0, _DATE, *sizes, len(name), 0, 0, 0, 0, _MODE, packed.offset
    )
    return head + name


def end_record(count: int, directory_size: int, directory_start: int) -> bytes:
    """Return the last bytes of the archive."""
    return END.pack(END_MARK, 0, 0, count, count, directory_size, directory_start, 0)
