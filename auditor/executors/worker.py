"""What runs on a worker of a cluster: read one server there, with a transport and secrets of that process's own.

Nothing but `Settings`, the planned server and its evidence travels. Secrets are looked up here, from the references in
the plan: the variable, file, command or keyring is the worker's.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from auditor import __version__
from auditor.credentials import Credentials
from auditor.ending import Ending
from auditor.errors import ClusterError
from auditor.model.evidence import Evidence
from auditor.model.planned import Planned
from auditor.reading import Reading
from auditor.retry import Retrying
from auditor.transports.http import Looks
from auditor.transports.transport import Transport
from auditor.transports.winrm import WinRm

_FORGOTTEN_AFTER = 600.0
"""Seconds after which an audit that reads nothing any more is forgotten, with its secrets: it was killed, or lost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How servers are read for one audit; `audit` is a name no other audit has, `timeout` seconds per server."""

    audit: str
    version: str
    timeout: float
    attempts: int


@dataclass(kw_only=True, slots=True)
class _Session:
    """What this process has for one audit; `why` is empty until that audit is to end."""

    transport: Transport
    looks: Looks = field(default_factory=Looks)
    endings: set[Ending] = field(default_factory=set)
    used: float = field(default_factory=time.monotonic)
    why: str = ""


_sessions: dict[str, _Session] = {}
_lock = threading.Lock()


def about() -> str:
    """Return the version of the auditor on this worker."""
    return __version__


def read(planned: Planned, settings: Settings, left: float | None = None) -> Evidence:
    """Return the evidence of one server; `left` are the seconds that the whole audit still has, if it has an end.

    Raises `ClusterError` when this worker has another version than the audit: it began after the others were asked.
    """
    if settings.version != __version__:
        raise ClusterError(other_version(socket.gethostname(), __version__, settings.version))
    with _reading(settings, left) as reading:
        return reading.read(planned)


def break_off(settings: Settings, why: str) -> None:
    """Break off what is read here for the audit, and read nothing more for it."""
    session = _session(settings)
    with _lock:
        session.why = why
        endings = tuple(session.endings)
    for ending in endings:
        ending.stop(why)
    session.transport.stop()
    session.looks.stop()


def forget(settings: Settings) -> None:
    """Forget the audit and its secrets; what is still under way keeps its own until it ends."""
    with _lock:
        _sessions.pop(settings.audit, None)


def other_version(worker: str, version: str, wanted: str) -> str:
    """Return the message for a worker of another version."""
    return f"worker {worker} has auditor {version}, and this is {wanted}; install auditor[cluster]=={wanted} there"


@contextmanager
def _reading(settings: Settings, left: float | None) -> Iterator[Reading]:
    """Give what reads one server, and have it known to `break_off` meanwhile."""
    session, ending = _session(settings), Ending(left)
    with _lock:
        session.endings.add(ending)
        if session.why:
            ending.stop(session.why)
    try:
        yield Reading(
            transport=session.transport,
            looks=session.looks,
            timeout=settings.timeout,
            clock=lambda: datetime.now(UTC),
            ending=ending,
        )
    finally:
        with _lock:
            session.endings.discard(ending)
            session.used = time.monotonic()


def _session(settings: Settings) -> _Session:
    """Return what this process has for the audit; the first server makes it."""
    with _lock:
        if settings.audit not in _sessions:
            _forget_idle()
            _sessions[settings.audit] = _begun(settings)
        return _sessions[settings.audit]


def _begun(settings: Settings) -> _Session:
    place = f"worker {socket.gethostname()}"
    credentials = Credentials(interactive=lambda: False, place=place, seconds=settings.timeout)
    return _Session(transport=Retrying(WinRm(credentials), attempts=settings.attempts))


def _forget_idle() -> None:
    now = time.monotonic()
    for audit, session in tuple(_sessions.items()):
        if not session.endings and now - session.used > _FORGOTTEN_AFTER:
            del _sessions[audit]
