"""Threads of this process: what servers are read by when no cluster is named."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from auditor.collect import Executors
from auditor.ending import Ending
from auditor.model.planned import Planned

_WAITING = 1024
"""Threads beyond those at work, for servers that are silent or wait for their next try; made as they are needed."""

_FILES_PER_SERVER = 4
_OTHER_FILES = 100


@contextmanager
def threads(ending: Ending) -> Iterator[Executors]:
    """Give a thread for each server; at its end it waits for them, unless the `ending` is over."""
    executor = _ThreadEach()

    def executor_of(planned: Planned) -> Executor:  # noqa: ARG001  every server is within reach of every thread
        return executor

    try:
        yield executor_of
    finally:
        executor.shutdown(wait=not ending.is_over())


class _ThreadEach(Executor):
    """Threads that do not keep the process from ending, as those of a pool do.

    What hangs in a library or in the system, such as a keyring, can be left, but not be broken off.
    """

    def __init__(self) -> None:
        self._threads: set[threading.Thread] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Begin at once; whoever submits says how many that may be."""
        promised: Future[Any] = Future()
        promised.set_running_or_notify_cancel()

        def run() -> None:
            try:
                promised.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  it is raised where the result is taken
                promised.set_exception(error)
            finally:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, name="server", daemon=True)
        thread.start()
        self._threads.add(thread)  # one that is through by now stays, and is not waited for
        return promised

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  Executor's
        """Wait for all of them, if wanted."""
        for thread in tuple(self._threads) if wait else ():
            thread.join()


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
