"""What reads the servers of a run, as wished for: threads of this process, or the workers of a cluster."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

from auditor.cli.wishes import Wishes
from auditor.collect import Collector
from auditor.credentials import Credentials
from auditor.ending import Ending
from auditor.errors import UsageError
from auditor.executors import cluster_at, scheduler_of
from auditor.executors.engine import Engine, Needs
from auditor.executors.threads import most_under_way, threads
from auditor.logs import Log
from auditor.model.evidence import Evidence
from auditor.model.inventory import SecretSource, Server
from auditor.model.planned import Planned
from auditor.reading import Reading
from auditor.retry import Retrying
from auditor.transports.http import Looks
from auditor.transports.winrm import WinRm
from auditor.turns import Turns

_SHOWN = 5


class Hands:
    """Whatever reads the servers of one run; raises `UsageError` for what it never could."""

    def __init__(
        self, wishes: Wishes, servers: Sequence[Server], *, credentials: Credentials, ending: Ending, log: Log
    ) -> None:
        self._wishes, self._servers, self._credentials = wishes, servers, credentials
        self._ending, self._log = ending, log
        self._scheduler = scheduler_of(wishes.executor)
        self._engine: Engine | None = None
        self.turns = Turns(wishes.jobs, are_heard=not self._scheduler)
        if self._scheduler:
            _refuse_typed(servers)

    def collect(self, planned: Iterable[Planned]) -> Iterator[Evidence]:
        """Yield the evidence of each server as it comes; raises `ClusterError` when the cluster cannot be used."""
        with self._opened() as engine:
            self._engine = engine
            collector = Collector(
                executors=engine.executors,
                read=engine.read,
                turns=self.turns,
                most=engine.most,
                clock=_now,
                break_off=engine.break_off,
                ending=self._ending,
            )
            yield from collector.collect(planned)

    def break_off(self) -> None:
        """Break off what is under way, if anything is."""
        if self._engine is not None:
            self._engine.break_off()

    def _opened(self) -> AbstractContextManager[Engine]:
        if not self._scheduler:
            return self._threads()
        needs = Needs(
            jobs=self._wishes.jobs,
            timeout=self._wishes.timeout,
            attempts=self._wishes.retries + 1,
            ending=self._ending,
            zones=Counter(server.zone for server in self._servers),
            tell=_tell,
        )
        return cluster_at(self._scheduler, needs)

    @contextmanager
    def _threads(self) -> Iterator[Engine]:
        transport = WinRm(self._credentials, heard=self.turns.heard)
        retrying = Retrying(
            transport, attempts=self._wishes.retries + 1, resting=self.turns.resting, told=self._log.retry
        )
        reading = Reading(
            transport=retrying,
            looks=Looks(),
            timeout=self._wishes.timeout,
            clock=_now,
            ending=self._ending,
            looked_at=self.turns.looked_at,
        )
        with threads(self._ending) as executors:
            most = most_under_way(self._wishes.jobs)
            yield Engine(executors=executors, read=reading.read, break_off=reading.stop, most=most)


def _refuse_typed(servers: Iterable[Server]) -> None:
    """Refuse passwords that a person would have to type: secrets are looked up on the workers, and never sent there."""
    sources = ((server.name, server.connection.secret) for server in servers)
    if typed := [name for name, secret in sources if secret and secret.source is SecretSource.PROMPT]:
        more = f" and {len(typed) - _SHOWN} more" if len(typed) > _SHOWN else ""
        raise UsageError(
            f"the password of {', '.join(typed[:_SHOWN])}{more} is to be typed, which no worker of a cluster can ask "
            "for; name a source that each worker has: environment, file, command or keyring"
        )


def _tell(note: str) -> None:
    print(f"note: {note}", file=sys.stderr)


def _now() -> datetime:
    return datetime.now(UTC)
