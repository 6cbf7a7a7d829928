"""Files that are there whole or not at all, and on the disk before they have their name."""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias

from auditor.errors import UsageError

Content: TypeAlias = Iterable[bytes] | Path
"""What a file is made of: pieces, or a file to copy."""


def replace_file(target: Path, content: Iterable[bytes]) -> None:
    """Write a file beside its place, and give it the place when it is whole."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            for piece in content:
                file.write(piece)
            settle(file)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def inside(folder: Path, name: str) -> Path:
    """Return the place of a report's file; raise `UsageError` for a name that leads elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in ("..", "/") or ":" in part for part in parts):
        raise UsageError(f"{name!r} does not name a file inside a run folder")
    return folder.joinpath(*parts)


def pieces_of(content: Content) -> Iterable[bytes]:
    """Yield the content; a file is copied piece by piece."""
    if not isinstance(content, Path):
        yield from content
        return
    with content.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def settle(file: BinaryIO) -> None:
    """Have the file's bytes on the disk before its folder takes its name."""
    file.flush()
    os.fsync(file.fileno())


def settle_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    if os.name == "nt":
        return  # Windows opens no folder as a file, and NTFS journals the rename itself
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
