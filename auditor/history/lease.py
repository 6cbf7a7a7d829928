"""A lock on a file that the system lifts when its process ends, even by SIGKILL or a power cut."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from auditor.history.records import StoreError

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def file_lease(path: Path) -> Iterator[None]:
    """Hold the file's lock; raises `StoreError` when another process does."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            _lock(handle)
        except OSError as error:
            raise StoreError(f"{path}: this run is being made by another process; wait for it to end") from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file; the next one that looks does
                path.unlink()
    finally:
        os.close(handle)


def is_file_leased(path: Path) -> bool:
    """Return whether a living process holds the file's lock; a file left by a dead one is removed."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        _lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    with suppress(OSError):
        path.unlink()
    return False
