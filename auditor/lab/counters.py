"""What happened at one simulated server, counted; for tests of "at most six exchanges" and "always deleted"."""

import threading
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """A snapshot.

    `exchanges`: HTTP requests on the WinRM port, all of them. `messages`: those that carried an envelope and came
    from an authenticated client. `shells_expired`: shells freed because nobody used them; `web_requests`: HTTP
    requests on the web site's ports.
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

    @property
    def shells_open(self) -> int:
        """How many shells are open now."""
        return self.shells_opened - self.shells_deleted - self.shells_expired


class Counters:
    """Counts that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def add(self, name: str) -> None:
        """Count one more of the field `name` of `Counts`."""
        assert name in {field.name for field in fields(Counts)}
        with self._lock:
            self._counts = replace(self._counts, **{name: getattr(self._counts, name) + 1})

    def now(self) -> Counts:
        """Return the counts at this moment."""
        with self._lock:
            return self._counts
