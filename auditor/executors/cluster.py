"""Futures of a cluster that can fail with a reason: a server that no worker can read any more is given up, and told.

A scheduler keeps a task that nobody can do for ever. What it and its workers do otherwise is left to them.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from auditor.ending import Ending
from auditor.errors import ClusterError
from auditor.model.evidence import Evidence, Status
from auditor.model.planned import Planned

_GLANCE = 1.0
"""Seconds between looks at which workers there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """What a worker offers."""

    threads: int
    resources: frozenset[str] = frozenset()


class Scheduler(Protocol):
    """What is asked of a scheduler."""

    def is_lost(self) -> bool:
        """Tell whether there is no connection any more."""

    def workers(self) -> Mapping[str, Worker]:
        """Return the workers by address; raises `ClusterError`."""

    def executor(self, resource: str) -> Executor:
        """Return the executor of all workers that have the resource, of all there are where it is empty."""


class Cluster:
    """The executors of one audit, one for each zone, and what is known of the workers.

    `patience` is how many seconds nobody may be seen who could read a server, or the scheduler be silent.
    """

    def __init__(self, scheduler: Scheduler, *, ending: Ending, patience: float, workers: Mapping[str, Worker]) -> None:
        self._scheduler, self._ending, self._patience = scheduler, ending, patience
        self._zones: dict[str, _Zone] = {}
        self._closing = threading.Event()
        self._answered = time.monotonic()
        self._seen = dict.fromkeys(_offered(workers), self._answered)

    def executor_of(self, planned: Planned) -> Executor:
        """Return the executor whose workers can reach the server."""
        zone = planned.server.zone
        if zone not in self._zones:
            executor = self._scheduler.executor(resource_of(zone))
            self._zones[zone] = _Zone(executor, self._ending, partial(self.hopeless, zone))
        return self._zones[zone]

    def hopeless(self, zone: str) -> str:
        """Return why no server of the zone can be read, now or soon; empty as long as there is hope."""
        if self._scheduler.is_lost():
            return "the connection to the Dask scheduler was lost"
        if time.monotonic() - self._answered > self._patience:
            return "the Dask scheduler does not answer any more; look at its log"
        seen = self._seen.get(resource_of(zone))
        # while the scheduler is silent, nobody is known to be missing
        return _nobody(zone) if seen is None or self._answered - seen > self._patience else ""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile look which workers there are, and give up what none of them can do."""
        watch = threading.Thread(target=self._watch, name="cluster", daemon=True)
        watch.start()
        try:
            yield
        finally:
            self._closing.set()
            watch.join()
            for zone in self._zones.values():
                zone.take_back()

    def _watch(self) -> None:
        while not self._closing.wait(_GLANCE):
            with suppress(ClusterError):  # it may answer the next time
                workers = self._scheduler.workers()
                self._answered = time.monotonic()
                self._seen |= dict.fromkeys(_offered(workers), self._answered)
            for zone in tuple(self._zones.values()):
                zone.give_up_hopeless()


class _Zone(Executor):
    """The workers that can reach a zone.

    It hands on to the cluster's own executor, and gives futures of its own, which can fail with a reason. `hopeless`
    says why nothing can be read here, as long as that is so.
    """

    def __init__(self, executor: Executor, ending: Ending, hopeless: Callable[[], str]) -> None:
        self._executor, self._ending, self._hopeless = executor, ending, hopeless
        self._waiting: dict[Future[Any], Future[Any]] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker read a server; it is told how many seconds the whole audit still has.

        Raises `ClusterError` when nobody can.
        """
        if why := self._hopeless():
            raise _lost(why)
        task = self._executor.submit(fn, *args, **kwargs, left=self._ending.left())
        promised: Future[Any] = Future()
        self._waiting[promised] = task
        promised.add_done_callback(self._drop)
        task.add_done_callback(partial(self._keep, promised))
        return promised

    def give_up_hopeless(self) -> None:
        """Fail everything that waits, if nobody is left who could do it."""
        if why := self._hopeless():
            for promised in tuple(self._waiting):
                _fail(promised, _lost(why))

    def take_back(self) -> None:
        """Take back what no worker has begun; what is under way ends by itself."""
        for promised in tuple(self._waiting):
            promised.cancel()

    def _drop(self, promised: Future[Any]) -> None:
        """Take back a task that nobody waits for any more."""
        task = self._waiting.pop(promised)
        if not task.done():
            task.cancel()

    def _keep(self, promised: Future[Any], task: Future[Any]) -> None:
        """Pass on how a task ended."""
        try:
            evidence = task.result()
        except CancelledError:
            _fail(promised, _lost(self._hopeless() or "the Dask scheduler dropped it"))
        except Exception as error:  # noqa: BLE001  whatever went wrong at a worker is told where it is waited for
            _fail(promised, error if isinstance(error, ClusterError) else _lost(f"no Dask worker read it: {error}"))
        else:
            self._note_cut(evidence)
            with suppress(InvalidStateError):  # given up meanwhile
                promised.set_result(evidence)

    def _note_cut(self, evidence: Evidence) -> None:
        """Note here what the ending cut short on the worker."""
        if self._ending.why() and evidence.status is not Status.REACHED:
            self._ending.cut(evidence.server)


def resource_of(zone: str) -> str:
    """Return the Dask resource that workers of a zone have; empty where any worker does."""
    return f"zone-{zone}" if zone else ""


def _offered(workers: Mapping[str, Worker]) -> Iterator[str]:
    """Yield the resources that some worker has, and an empty name where there is a worker at all."""
    for each in workers.values():
        yield from ("", *each.resources)


def _nobody(zone: str) -> str:
    if not zone:
        return "the Dask cluster has no worker any more; start one: dask worker ADDRESS --nthreads 32"
    return f"no Dask worker offers the zone {zone!r}; start one: dask worker ADDRESS --resources {resource_of(zone)}=1"


def _lost(why: str) -> ClusterError:
    return ClusterError(f"{why}; ask it with --resume")


def _fail(promised: Future[Any], error: Exception) -> None:
    with suppress(InvalidStateError):  # it ended while we gave up
        promised.set_exception(error)
