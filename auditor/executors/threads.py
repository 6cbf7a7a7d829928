"""Threads of this process: what servers are read by when no cluster is named."""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from auditor.collect import Executors
from auditor.ending import Ending
from auditor.model.planned import Planned

_WAITING = 1024
"""Threads beyond those at work, for servers that are silent or wait for their next try; made as they are needed."""

_FILES_PER_SERVER = 4
_OTHER_FILES = 100


@contextmanager
def threads(most: int, ending: Ending) -> Iterator[Executors]:
    """Give one pool of `most` threads for all servers; at its end it waits for them, unless the `ending` is over."""
    executor = ThreadPoolExecutor(most, thread_name_prefix="server")

    def executor_of(planned: Planned) -> Executor:  # noqa: ARG001  every server is within reach of every thread
        return executor

    try:
        yield executor_of
    finally:
        executor.shutdown(wait=not ending.is_over(), cancel_futures=True)


def most_under_way(jobs: int) -> int:
    """Return how many servers can be under way, silent ones included; raises this process's limit of open files."""
    wanted = jobs + _WAITING
    files = _open_files(wanted * _FILES_PER_SERVER + _OTHER_FILES)
    return max(jobs, min(wanted, (files - _OTHER_FILES) // _FILES_PER_SERVER))


def _open_files(wanted: int) -> int:
    """Return how many files this process may have open, after asking for as many as wanted."""
    if sys.platform == "win32":
        return wanted  # sockets are not counted there
    import resource  # noqa: PLC0415  there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        return allowed
    return wanted if soft == resource.RLIM_INFINITY else soft
