"""Plan x executors -> evidence: many servers at once, each asked once; none is lost, whatever becomes of its future."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Queue

from auditor.ending import Ending
from auditor.errors import AuditError
from auditor.model.evidence import Evidence
from auditor.model.inventory import Server
from auditor.model.planned import Planned
from auditor.reading import bug, not_begun, unread
from auditor.transports.transport import Deadline
from auditor.turns import ALL, Turns

Clock = Callable[[], datetime]
Executors = Callable[[Planned], Executor]

_GLANCE = 0.1
"""Seconds between glances at whether a server is silent, and whether collecting is to end."""

_AHEAD = 10_000
"""How many servers whose turn has not come are held back, so that others may go before them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Collector:
    """What collecting needs: where each server is read, what reads it, whose turn it is, a clock (aware, UTC).

    `read` is what an executor is given for each server, in another thread or on another machine: nothing but its
    argument and its result passes between the two. At `most` so many are under way, silent ones and those that wait for
    their next try included. `break_off` is called when nobody wants more evidence. `ending` may end collecting early:
    servers not yet begun are then not asked.
    """

    executors: Executors
    read: Callable[[Planned], Evidence]
    turns: Turns
    most: int
    clock: Clock
    break_off: Callable[[], object]
    ending: Ending = field(default_factory=Ending)

    def collect(self, planned: Iterable[Planned]) -> Iterator[Evidence]:
        """Yield the evidence of each server as it comes; a server that fails is evidence, too."""
        try:
            yield from self._collect(_Waiting(planned, self.turns))
        except BaseException:
            # Interrupted, or nobody wants more: break off what is under way instead of waiting for deadlines.
            self.break_off()
            raise

    def _collect(self, queue: "_Waiting") -> Iterator[Evidence]:
        # not a SimpleQueue: a signal that comes when its time-out ends can make it wait for ever
        done: Queue[Future[Evidence]] = Queue()
        under_way: dict[Future[Evidence], Planned] = {}
        glance = Deadline.after(_GLANCE)
        while not self.ending.is_over():
            self._begin(queue, under_way, done)
            if not under_way:
                break
            if not glance.remains():
                self.turns.overtake()
                glance = Deadline.after(_GLANCE)
            with suppress(Empty):
                future = done.get(timeout=_GLANCE)
                yield self._evidence(future, under_way.pop(future))
        # whoever still does not end is not waited for
        for future, each in under_way.items():
            yield self._evidence(future, each) if future.done() else self._unread(each)
        yield from map(self._unread, queue.rest())

    def _begin(
        self, queue: "_Waiting", under_way: dict[Future[Evidence], Planned], done: "Queue[Future[Evidence]]"
    ) -> None:
        """Begin all whose turn it is, unless whoever takes the evidence does not keep up."""
        while len(under_way) < self.most and done.qsize() < self.turns.jobs and not self.ending.why():
            planned = queue.next()
            if planned is None:
                return
            future = self._submit(planned)
            under_way[future] = planned
            future.add_done_callback(_Done(server=planned.server, turns=self.turns, done=done))

    def _submit(self, planned: Planned) -> Future[Evidence]:
        try:
            return self.executors(planned).submit(self.read, planned)
        except Exception as error:  # noqa: BLE001  where a server should be read is not there: that is its evidence
            failed: Future[Evidence] = Future()
            failed.set_exception(error)
            return failed

    def _evidence(self, future: Future[Evidence], planned: Planned) -> Evidence:
        """Return what came of a server; a future that failed or was cancelled is a server that was not reached."""
        try:
            return future.result()
        except CancelledError:
            return self._unread(planned)
        except AuditError as error:
            return unread(planned, str(error), self.clock())
        except Exception as error:  # noqa: BLE001  whatever breaks at one server, or on its worker, is its evidence
            return unread(planned, bug(error), self.clock())

    def _unread(self, planned: Planned) -> Evidence:
        why = self.ending.why() or "reading it was given up"
        return unread(planned, not_begun(planned, self.ending, why), self.clock())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Done:
    """Gives a server's turn back as soon as it is read, however busy whoever wants the evidence is."""

    server: Server
    turns: Turns
    done: "Queue[Future[Evidence]]"

    def __call__(self, future: Future[Evidence]) -> None:
        self.turns.end(self.server)
        self.done.put(future)


class _Waiting:
    """The servers that are not begun: the plan, taken as it comes, and those held back by a limit."""

    def __init__(self, planned: Iterable[Planned], turns: Turns) -> None:
        self._planned, self._turns = iter(planned), turns
        self._held: dict[str, deque[Planned]] = {}
        self._held_back = 0

    def next(self) -> Planned | None:
        """Return a server whose turn was taken, or None when it is nobody's turn."""
        while self._turns.is_free(ALL):
            planned = self._candidate()
            if planned is None:
                return None
            limit = self._turns.begin(planned.server)
            if not limit:
                return planned
            self._held.setdefault(limit, deque()).append(planned)
            self._held_back += 1
        return None

    def rest(self) -> Iterator[Planned]:
        """Yield the servers that were never begun."""
        for held in self._held.values():
            yield from held
        yield from self._planned

    def _candidate(self) -> Planned | None:
        """Return the first of those whose limit is no longer reached, else the next of the plan."""
        for limit, held in self._held.items():
            if self._turns.is_free(limit):
                self._held_back -= 1
                planned = held.popleft()
                if not held:
                    del self._held[limit]
                return planned
        return next(self._planned, None) if self._held_back < _AHEAD else None
