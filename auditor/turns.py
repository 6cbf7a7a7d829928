"""Whose turn it is: how many servers are read at once, in all, in a group, and at one address.

A server takes its turn when it is begun and gives it back when it ends. In between it gives it back, too, while it
waits for its next try, and once it has been silent for much longer than servers usually are: nothing is sent or
received then, and others need not wait. One that speaks again takes its turn at once, since it may hold a shell, and no
other is begun until the limits hold again; one that tries again waits for a free turn, before all that are not begun.
At one address there is never a second one, silent or not.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import nlargest
from statistics import median

from auditor.model.inventory import Server
from auditor.transports.transport import Deadline

ALL = "all servers"
"""The limit that every server counts towards."""

_SHOWN = 5
_REMEMBERED = 64
"""How many of the last servers say what is usual."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a server may be silent: `at_first` seconds while nothing is known, then `times` what is usual.

    Never less than `least` seconds, so that a moment's hiccup in a fast network is not taken for silence.
    """

    at_first: float
    least: float
    times: float

    def seconds(self, usual: "deque[float]") -> float:
        """Return the patience with a server, given how long others were silent."""
        return max(self.least, self.times * median(usual)) if usual else self.at_first


KNOCKING = Patience(at_first=1.0, least=0.25, times=4.0)
"""With one that has not answered at all: nothing runs on it yet, and a healthy one answers in a round trip."""

WORKING = Patience(at_first=10.0, least=1.0, times=2.0)
"""With one that has answered: its PowerShell starts and reads, which takes whatever it takes on this fleet."""


@dataclass(kw_only=True, slots=True)
class _Turn:
    limits: tuple[str, ...]
    began: float
    heard: float
    has_answered: bool
    longest: float = 0.0
    is_resting: bool = False


@dataclass(kw_only=True, slots=True)
class _Usual:
    knocking: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    working: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Turns:
    """The turns of one collecting; used from many threads at once. `clock` gives monotonic seconds.

    `are_heard` says that `heard` is called whenever a server answers. Where nobody can hear the servers, because they
    are read on another machine, one counts as silent that takes much longer as a whole than servers usually do.
    """

    def __init__(self, jobs: int, *, are_heard: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.jobs = jobs
        self._limits: dict[str, int] = {ALL: jobs}
        self._are_heard, self._clock = are_heard, clock
        self._taken: Counter[str] = Counter()
        self._returning: Counter[str] = Counter()
        self._turns: dict[str, _Turn] = {}
        self._addresses: set[str] = set()
        self._usual = _Usual()
        self._changed = threading.Condition()

    def begin(self, server: Server) -> str:
        """Take a turn for the server, or return the name of a limit that is reached."""
        with self._changed:
            self._limits |= server.limits
            address = address_of(server)
            if address in self._addresses:
                return address
            limits = (ALL, *server.limits)
            for limit in limits:
                if not self._is_free(limit):
                    return limit
            self._addresses.add(address)
            self._taken.update(limits)
            now = self._clock()
            self._turns[server.name] = _Turn(limits=limits, began=now, heard=now, has_answered=not self._are_heard)
        return ""

    def is_free(self, limit: str) -> bool:
        """Tell whether there is a turn left for a server that is not begun, as far as this limit goes."""
        with self._changed:
            return self._is_free(limit)

    def is_waited_for(self, limit: str) -> int:
        """Return how many servers wait for a turn to try again, as far as this limit goes."""
        with self._changed:
            return self._returning[limit]

    def _is_free(self, limit: str) -> bool:
        if limit in self._limits:
            return self._taken[limit] + self._returning[limit] < self._limits[limit]
        return limit not in self._addresses

    def end(self, server: Server) -> None:
        """Give the server's turn back for good."""
        with self._changed:
            turn = self._turns.pop(server.name)
            self._learn(turn)
            self._addresses.discard(address_of(server))
            self._give_back(turn)

    def heard(self, server: Server) -> None:
        """Note that the server answered."""
        with self._changed:
            turn = self._turns.get(server.name)
            if turn is not None:  # else nobody waits for it any more
                self._answered(turn)
                if turn.is_resting:
                    self._take(turn)

    def looked_at(self, server: Server) -> None:
        """Note that nothing but looks from outside is left, where a silent port is no work of the server's."""
        with self._changed:
            turn = self._turns.get(server.name)
            if turn is not None:
                self._learn(turn)
                turn.has_answered = False

    def overtake(self) -> int:
        """Take the turns of servers that were silent for too long; return how many are without a turn now."""
        with self._changed:
            now = self._clock()
            patience = KNOCKING.seconds(self._usual.knocking), WORKING.seconds(self._usual.working)
            for turn in self._turns.values():
                if not turn.is_resting and now - turn.heard > patience[turn.has_answered]:
                    self._give_back(turn)
            return sum(turn.is_resting for turn in self._turns.values())

    def longest(self) -> list[tuple[float, str]]:
        """Return the servers that have been under way for longest, in seconds; a few of them."""
        with self._changed:
            now = self._clock()
            return nlargest(_SHOWN, ((now - turn.began, name) for name, turn in self._turns.items()))

    @contextmanager
    def resting(self, server: Server, deadline: Deadline) -> Iterator[None]:
        """Do without a turn inside, and wait for one at the end, though not past the deadline."""
        with self._changed:
            turn = self._turns.get(server.name)
            if turn is not None and not turn.is_resting:
                self._give_back(turn)
        yield
        if turn is not None:
            self._return(turn, deadline)

    def _return(self, turn: _Turn, deadline: Deadline) -> None:
        with self._changed:
            self._returning.update(turn.limits)
            self._changed.wait_for(lambda: self._has_room(turn), deadline.remains())
            self._returning.subtract(turn.limits)
            self._take(turn)
            # a new try begins: what was before it is not the server's silence
            turn.heard, turn.has_answered = self._clock(), not self._are_heard

    def _has_room(self, turn: _Turn) -> bool:
        return all(self._taken[limit] < self._limits[limit] for limit in turn.limits)

    def _answered(self, turn: _Turn) -> None:
        if not turn.has_answered:
            self._usual.knocking.append(self._clock() - turn.heard)
            turn.has_answered, turn.heard = True, self._clock()
        self._hear(turn)

    def _hear(self, turn: _Turn) -> None:
        now = self._clock()
        turn.longest, turn.heard = max(turn.longest, now - turn.heard), now

    def _learn(self, turn: _Turn) -> None:
        """Remember how long the server was silent at its work."""
        self._hear(turn)
        if turn.has_answered:
            self._usual.working.append(turn.longest)

    def _take(self, turn: _Turn) -> None:
        turn.is_resting = False
        self._taken.update(turn.limits)

    def _give_back(self, turn: _Turn) -> None:
        if not turn.is_resting:
            turn.is_resting = True
            self._taken.subtract(turn.limits)
            self._changed.notify_all()


def address_of(server: Server) -> str:
    """Return what two entries of an inventory that are one service have in common."""
    connection = server.connection
    return f"{connection.address.casefold()} port {connection.port} by {connection.proxy or 'no proxy'}"
