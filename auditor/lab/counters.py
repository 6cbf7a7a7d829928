"""What happened at one simulated server, counted; for tests of "at most six exchanges" and "always deleted"."""

import math
import threading
import time
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """A snapshot.

    `exchanges`: HTTP requests on the WinRM port, all of them. `messages`: those that carried an envelope and came
    from an authenticated client. `shells_expired`: shells freed because nobody used them; `web_requests`: HTTP
    requests on the web site's ports. `bytes_received` and `bytes_sent`: HTTP on the WinRM port, header lines and
    bodies; what TCP and TLS add is not in them.
    """

    connections: int = 0
    exchanges: int = 0
    unauthorised: int = 0
    messages: int = 0
    faults: int = 0
    shells_opened: int = 0
    shells_deleted: int = 0
    shells_expired: int = 0
    commands: int = 0
    web_requests: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0

    @property
    def shells_open(self) -> int:
        """How many shells are open now."""
        return self.shells_opened - self.shells_deleted - self.shells_expired

    def __add__(self, other: "Counts") -> "Counts":
        """Return what happened at both."""
        return Counts(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})

    def __sub__(self, earlier: "Counts") -> "Counts":
        """Return what happened since."""
        names = (field.name for field in fields(self))
        return Counts(**{name: getattr(self, name) - getattr(earlier, name) for name in names})


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """From when to when something happened: seconds since 1970, the first before the last if anything did."""

    first: float = math.inf
    last: float = -math.inf

    def __or__(self, other: "Window") -> "Window":
        """Return the window around both."""
        return Window(first=min(self.first, other.first), last=max(self.last, other.last))

    @property
    def seconds(self) -> float:
        """How long it is; 0 when nothing happened."""
        return max(0.0, self.last - self.first)


NO_COUNTS = Counts()
NOTHING = Window()


class Counters:
    """Counts that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = {field.name: 0 for field in fields(Counts)}
        self._first, self._last = NOTHING.first, NOTHING.last

    def add(self, name: str, amount: int = 1) -> None:
        """Count one more, or as many more, of the field `name` of `Counts`."""
        with self._lock:
            self._counts[name] += amount
            self._last = time.time()
            self._first = min(self._first, self._last)

    def now(self) -> Counts:
        """Return the counts at this moment."""
        with self._lock:
            return Counts(**self._counts)

    def take_window(self) -> Window:
        """Return from when to when anything was counted since this was last asked."""
        with self._lock:
            window = Window(first=self._first, last=self._last)
            self._first, self._last = NOTHING.first, NOTHING.last
            return window
