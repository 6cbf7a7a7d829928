"""A Dask cluster: servers are read by its workers. The only file that imports distributed.

Dask spreads the tasks, gives those of a worker that died to another one, and keeps tasks that need a resource to the
workers that have it: see "Worker Resources" and "Resilience" in https://distributed.dask.org. Seen with version 2026.8:
`callback_timeout` ends any of its calls that waits, and a lost scheduler cancels all futures at once.
"""

import ipaddress
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from auditor import __version__
from auditor.errors import ClusterError
from auditor.executors import worker
from auditor.executors.cluster import Cluster, Worker
from auditor.executors.engine import Engine, Needs

try:
    import distributed
except ImportError as missing:
    raise ClusterError("the package distributed is not installed; install auditor[cluster]") from missing

_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 5
"""The most a scheduler, and all workers together, may take for a short answer."""
_SHARE = 2.0**-20
"""What one server takes of its zone's resource: so little that `zone-dmz=1` never limits how many are read at once."""


@contextmanager
def dask(address: str, needs: Needs, patience: float = 30.0) -> Iterator[Engine]:
    """Give the workers of the scheduler at `address` (`tcp://...` or `tls://...`).

    Servers that no worker can read any more wait `patience` seconds for one, then are not reached. Raises
    `ClusterError` when there is no such scheduler, no worker, or one of another version.
    """
    settings = worker.Settings(
        audit=secrets.token_hex(8), version=__version__, timeout=needs.timeout, attempts=needs.attempts
    )
    if _is_open_to_others(address):
        needs.tell("anybody who reaches the Dask scheduler can run programs on its workers; use dask+tls://")
    with _connected(address) as scheduler:
        workers = scheduler.workers()
        _refuse_strangers(scheduler, workers, needs.tell)
        cluster = Cluster(scheduler, ending=needs.ending, patience=patience, workers=workers)
        for zone, servers in sorted(needs.zones.items()):
            if why := cluster.hopeless(zone):
                needs.tell(f"{why}; as long as that is so, its {servers} servers are not reached")
        with cluster.watched():
            yield Engine(
                executors=cluster.executor_of,
                read=partial(worker.read, settings=settings),
                break_off=lambda: scheduler.on_all(worker.break_off, settings, needs.ending.why() or "given up"),
                most=max(needs.jobs, sum(each.threads for each in workers.values())),
            )
        scheduler.on_all(worker.forget, settings)


def _is_open_to_others(address: str) -> bool:
    """Tell whether neither encryption nor this machine's own bounds keep others away."""
    scheme, _, place = address.partition("://")
    host = place.rpartition(":")[0].strip("[]")
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return scheme != "tls" and not is_here


@contextmanager
def _connected(address: str) -> Iterator["_Scheduler"]:
    connect: Any = distributed.Client  # half of it has no types
    try:
        client = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="auditor")
    except (OSError, ValueError, TypeError, RuntimeError) as error:  # TypeError: TLS without its certificates
        why = f"{type(error).__name__}: {error}".rstrip(": ")
        raise ClusterError(
            f"the Dask scheduler at {address} is not reached ({why}); start it, or correct the address"
        ) from error
    try:
        yield _Scheduler(client)
    finally:
        client.close(timeout=_ANSWER_SECONDS)


class _Scheduler:
    """A connection to a scheduler."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def is_lost(self) -> bool:
        """Tell whether there is no connection any more."""
        return bool(self._client.status != "running")

    def workers(self) -> Mapping[str, Worker]:
        """Return the workers by address; raises `ClusterError`."""
        client = self._client
        if self.is_lost():
            raise ClusterError("the connection to the Dask scheduler was lost")
        try:
            identity = client.sync(client.scheduler.identity, callback_timeout=_ANSWER_SECONDS)
        except (OSError, TimeoutError, AttributeError) as error:  # AttributeError: the connection is gone
            raise ClusterError("the Dask scheduler does not answer; look at its log") from error
        return {
            name: Worker(threads=told["nthreads"], resources=frozenset(told["resources"]))
            for name, told in identity["workers"].items()
        }

    def executor(self, resource: str) -> Executor:
        """Return Dask's executor of all workers that have the resource, of all there are where it is empty."""
        needed = {resource: _SHARE} if resource else None
        # a pure function would give a second audit what the first one found
        executor: Executor = self._client.get_executor(pure=False, resources=needed)
        return executor

    def versions(self) -> Mapping[str, object]:
        """Return what each worker says when asked for its version, or the error that it makes of it."""
        versions: Mapping[str, object] = self._client.run(
            worker.about, on_error="return", callback_timeout=_ANSWER_SECONDS
        )
        return versions

    def on_all(self, function: Callable[..., None], *arguments: object) -> None:
        """Have every worker do something short; one that cannot any more has nothing left to do it to."""
        if not self.is_lost():
            with suppress(OSError, TimeoutError):
                self._client.run(function, *arguments, on_error="ignore", callback_timeout=_ANSWER_SECONDS)


def _refuse_strangers(scheduler: _Scheduler, workers: Mapping[str, Worker], tell: Callable[[str], object]) -> None:
    """Raise `ClusterError` unless there are workers, and all that answer have the auditor in this version.

    One that does not answer finds out by itself when it is to read a server.
    """
    if not workers:
        raise ClusterError("the Dask scheduler has no worker; start one: dask worker ADDRESS --nthreads 32")
    try:
        versions = scheduler.versions()
    except (OSError, TimeoutError):
        tell(f"a Dask worker did not answer within {_ANSWER_SECONDS} s; the versions of all are seen when they read")
        return
    told = {name: version for name, version in sorted(versions.items()) if not isinstance(version, OSError)}
    if strange := [_strange(name, version) for name, version in told.items() if version != __version__]:
        raise ClusterError("\n".join(strange))


def _strange(name: str, version: object) -> str:
    if isinstance(version, str):
        return worker.other_version(name, version, __version__)
    why = f"{type(version).__name__}: {version}"
    return f"worker {name} cannot run the auditor ({why}); install auditor[cluster]=={__version__} there"
