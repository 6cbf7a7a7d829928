"""One audit of the same servers at a time: a locked file in the reports folder, with its owner's name in it.

The operating system holds the lock for the process (flock; on Windows a locked byte), and lets go of it when the
process ends, however it ends. So a file that can be locked and still names an owner is stale: its owner was killed.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from auditor.errors import LockedError, UsageError
from auditor.model.inventory import Server

_SHOWN = frozenset(
    {"--config", "--inventory", "--host", "--policy", "--out", "--fail-on", "--min-coverage", "--against", "--resume"}
)
_MOST_BYTES = 4096
_FAR = 1 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose lock it is; `started` is UTC, ISO 8601 with `Z`, `command` the command line without secrets."""

    pid: int
    host: str
    started: str
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, begun {self.started}: {self.command}"


def lock_name(assigned: Iterable[tuple[Server, Sequence[str]]]) -> str:
    """Return the name of the lock of an audit of these servers, each with the ids of its policies, in any order."""
    servers = sorted(
        (server.name, server.connection.address, server.connection.port, *sorted(policies))
        for server, policies in assigned
    )
    return sha256(json.dumps(servers).encode()).hexdigest()[:16]


def command_line(words: Sequence[str]) -> str:
    """Return a command line to be shown: values are left out but for those of options that hold no secret."""
    shown: list[str] = []
    hide = False
    for word in words:
        name, separator, _ = word.partition("=")
        if word.startswith("-"):
            hide = name not in _SHOWN
            shown.append(f"{name}=..." if separator and hide else word)
        else:
            shown.append("..." if hide else word)
            hide = False
    return " ".join(shown)


def lock_path(out: Path, name: str) -> Path:
    """Return where the lock of this name is."""
    return out / f".lock-{name}"


@contextmanager
def held(out: Path, name: str, owner: Owner) -> Iterator[str]:
    """Hold the lock; yields whose it was where a stale one is taken over, because its owner was killed, else nothing.

    Raises `LockedError` naming the owner when somebody else holds it, `UsageError` when nothing can be locked there.
    """
    path = lock_path(out, name)
    handle = _taken(path)
    try:
        left = _read(handle)
        _write(handle, owner)
        yield _owner(left) if left else ""
    finally:
        _release(path, handle)


def _taken(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while (handle := _attempt(path)) is None:
            continue
    except OSError as error:
        raise UsageError(f"{path}: cannot be locked ({error.strerror}); name another folder with --out") from error
    return handle


def _attempt(path: Path) -> int | None:
    """Return the locked file, None when its owner removed it after it was opened here: it locks nothing any more."""
    with ExitStack() as failing:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        failing.callback(os.close, handle)
        if not _lock(handle):
            raise LockedError(_refusal(path, _owner(_read(handle))))
        if not _is_at(path, handle):
            return None
        failing.pop_all()
        return handle


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        # nobody can read a byte that is locked, so it is one far behind the owner's name
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _read(handle: int) -> bytes:
    os.lseek(handle, 0, os.SEEK_SET)
    return os.read(handle, _MOST_BYTES)


def _write(handle: int, owner: Owner) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(asdict(owner)).encode())


def _release(path: Path, handle: int) -> None:
    """Remove the file and let go of it; where an open file cannot be removed, empty it first: it is nobody's then."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
    with suppress(OSError):
        path.unlink()
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):  # the next owner has it open already
            path.unlink()


def _owner(content: bytes) -> str:
    try:
        return str(Owner(**json.loads(content)))
    except (ValueError, TypeError):
        return "its owner's name cannot be read"


def _refusal(path: Path, owner: str) -> str:
    step = "wait for its end, or end that process; nothing has to be removed"
    return f"{path}: an audit of the same servers by the same policies is under way ({owner}); {step}"
