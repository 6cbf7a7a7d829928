"""A log for collectors: one line per event, UTC, as text or JSON; a value that is passed on, nothing global.

What is logged is what happened to the audit, never what was found on a server, and no secret. Text from servers
cannot begin a line, end one, or write to a terminal.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from auditor.errors import UsageError
from auditor.formats.escape import visible

Field: TypeAlias = str | int | float | bool

_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_BARE = re.compile(r"[^\s\"'=\\]+")


class LogForm(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """Where events go; may be used from many threads. `clock` gives aware UTC moments, `write` takes a whole line."""

    form: LogForm
    write: Callable[[str], None]
    clock: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def run_started(self, run: str, *, servers: int, policies: int) -> None:
        """Say that an audit began."""
        self.event(LogLevel.INFO, "run_started", run=run, servers=servers, policies=policies)

    def server_done(self, server: str, *, status: str, seconds: float, reason: str = "") -> None:
        """Say how far a server was read; `reason` tells why not in full, empty when it was."""
        level = LogLevel.WARNING if reason else LogLevel.INFO
        told = {"reason": reason} if reason else {}
        self.event(level, "server_done", server=server, status=status, seconds=round(seconds, 3), **told)

    def retry(self, server: str, *, attempt: int, wait: float, reason: str) -> None:
        """Say that a server will be asked again, for the `attempt`th time, after `wait` seconds."""
        self.event(LogLevel.WARNING, "retry", server=server, attempt=attempt, wait=round(wait, 3), reason=reason)

    def run_finished(self, run: str, *, exit_code: int, exit_reason: str, seconds: float, place: str) -> None:
        """Say that an audit ended and was written to `place`."""
        level = LogLevel.WARNING if exit_code else LogLevel.INFO
        told: Mapping[str, Field] = {"exit_code": exit_code, "exit_reason": exit_reason, "seconds": round(seconds, 3)}
        self.event(level, "run_finished", run=run, **told, place=place)

    def run_interrupted(self, run: str, *, reason: str) -> None:
        """Say that an audit was told to end; what was collected is judged and written."""
        self.event(LogLevel.WARNING, "run_interrupted", run=run, reason=reason)

    def notifier_failed(self, place: str, *, reason: str) -> None:
        """Say that a notifier did not take the message."""
        self.event(LogLevel.WARNING, "notifier_failed", place=place, reason=reason)

    def lock_taken_over(self, lock: str, *, owner: str) -> None:
        """Say that a lock was taken from an owner that is no more."""
        self.event(LogLevel.WARNING, "lock_taken_over", lock=lock, owner=owner)

    def event(self, level: LogLevel, event: str, /, **fields: Field) -> None:
        """Write one line; the named events above say which fields there are."""
        told = {"time": _text_of(self.clock()), "level": level.value, "event": event, **fields}
        line = _json(told) if self.form is LogForm.JSON else _text(told)
        with self._lock:
            self.write(line)


NO_LOG = Log(form=LogForm.TEXT, write=lambda _line: None, clock=lambda: datetime.now(UTC))
"""A log that keeps nothing."""


@contextmanager
def opened(form: str, path: str, clock: Callable[[], datetime]) -> Iterator[Log]:
    """Yield the log that `--log-format` and `--log` ask for: none when both are empty, to stderr without a path.

    A file is appended to, and readable by its owner only: it names servers. Raises `UsageError` when it cannot be
    opened. One that cannot be written any more (a full disk) ends no audit: its lines go to stderr from there on.
    """
    if not form and not path:
        yield NO_LOG
        return
    if not path:
        yield Log(form=LogForm(form), write=_to_stderr, clock=clock)
        return
    file = _opened(path)
    try:
        yield Log(form=LogForm(form or LogForm.TEXT), write=lambda line: _to_file(file, line), clock=clock)
    finally:
        os.close(file)


def _opened(path: str) -> int:
    try:
        return os.open(path, _APPEND, mode=0o600)
    except OSError as error:
        raise UsageError(f"--log {path}: cannot be written ({error.strerror}); name another file") from error


def _to_file(file: int, line: str) -> None:
    """Append a line with one write, so that processes which share the file do not tear each other's lines."""
    try:
        os.write(file, line.encode())
    except OSError as error:
        _to_stderr(f"the log cannot be written ({error.strerror}): {line}")


def _to_stderr(line: str) -> None:
    with suppress(OSError, ValueError):  # closed: nobody is left to be told, and the audit still has its report
        sys.stderr.write(line)
        sys.stderr.flush()


def _text_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(told: Mapping[str, Field]) -> str:
    # ASCII escapes all that moves a cursor or a line; DEL is the one control that JSON lets stand
    return json.dumps(told, ensure_ascii=True, default=str).replace("\x7f", "\\u007f") + "\n"


def _text(told: Mapping[str, Field]) -> str:
    time, level, event, *rest = told.items()
    fields = (f"{name}={_value(value)}" for name, value in rest)
    return " ".join([str(time[1]), str(level[1]), str(event[1]), *fields]) + "\n"


def _value(value: Field) -> str:
    text = visible(str(value))
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
