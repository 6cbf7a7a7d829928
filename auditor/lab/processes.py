"""A fleet in processes of its own, so that what the simulated servers need is not what the auditor needs.

Begin with `FleetProcesses.start`. Each process is told its servers, tells where they are, counts when it is asked to,
and ends when the other end of its pipe is closed, also when whoever started it was killed.
"""

import multiprocessing
import secrets
import signal
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.lab.counters import NO_COUNTS, NOTHING, Counts, Window
from auditor.lab.fleet import Fleet, repeated
from auditor.lab.running import Place, write_inventory
from auditor.lab.state import Scenario, ServerState

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a fleet did and needed so far.

    `cpu`: seconds of the processor, of all its processes together. `window`: from when to when any server had
    anything to do, since the usage was last asked for.
    """

    counts: Counts = NO_COUNTS
    cpu: float = 0.0
    window: Window = NOTHING

    def __add__(self, other: "Usage") -> "Usage":
        """Return what both did."""
        window = self.window | other.window
        return Usage(counts=self.counts + other.counts, cpu=self.cpu + other.cpu, window=window)

    def __sub__(self, earlier: "Usage") -> "Usage":
        """Return what was done since."""
        return Usage(counts=self.counts - earlier.counts, cpu=self.cpu - earlier.cpu, window=self.window)


class FleetProcesses:
    """Simulated servers in other processes; a context manager."""

    def __init__(self, shares: list[tuple[ServerState, ...]], password: str) -> None:
        self.password = password
        self._ending = ExitStack()
        try:
            started = [self._start(share) for share in shares]
            self._pipes = [pipe for pipe, _ in started]
            self.servers: tuple[Place, ...] = tuple(
                place for pipe, process in started for place in _first_word(pipe, process)
            )
        except BaseException:
            self._ending.close()
            raise

    @classmethod
    def start(cls, scenario: Scenario, servers: int | None = None, *, processes: int = 1) -> Self:
        """Start the scenario's servers, taken again and again until there are `servers`, in so many processes.

        Raises `ChildProcessError` when one of the processes does not come up. A program that uses this must guard its
        main module by `if __name__ == "__main__"`, since the processes are spawned.
        """
        states = repeated(scenario.servers, len(scenario.servers) if servers is None else servers)
        shares = [states[number::processes] for number in range(min(processes, len(states)))]
        return cls(shares, secrets.token_urlsafe(24))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End all processes and remove every file with a secret; harmless when done twice."""
        self._ending.close()

    def usage(self) -> Usage:
        """Return what was done and needed so far."""
        for pipe in self._pipes:
            pipe.send(None)
        return sum((pipe.recv() for pipe in self._pipes), Usage())

    def write_inventory(self, path: Path) -> None:
        """Write an inventory of the fleet, and beside it the password in a file that goes when the fleet stops."""
        secret = write_inventory(path, self.servers, self.password)
        self._ending.callback(secret.unlink, missing_ok=True)

    def _start(self, share: tuple[ServerState, ...]) -> tuple[Connection, BaseProcess]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, share, self.password), daemon=True)
        process.start()
        self._ending.callback(_end, process)
        self._ending.enter_context(closing(ours))
        theirs.close()
        return ours, process


def _first_word(pipe: Connection, process: BaseProcess) -> tuple[Place, ...]:
    """Return where the process's servers are."""
    try:
        if pipe.poll(_START_SECONDS):
            places: tuple[Place, ...] = pipe.recv()
            return places
    except EOFError:
        process.join(_STOP_SECONDS)
    raise ChildProcessError(
        f"a process of the simulated fleet did not come up (exit code {process.exitcode}); see its standard error"
    )


def _end(process: BaseProcess) -> None:
    process.join(_STOP_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()


def _serve(pipe: Connection, states: tuple[ServerState, ...], password: str) -> None:
    """Be one of the processes."""
    # Ctrl-C goes to all processes of a terminal; ours end when the one that started them does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with closing(pipe), Fleet.start(Scenario(name="share", servers=states), password=password) as fleet:
        pipe.send(tuple(server.place for server in fleet.servers))
        while _asked(pipe):
            pipe.send(Usage(counts=fleet.counts(), cpu=time.process_time(), window=fleet.take_window()))


def _asked(pipe: Connection) -> bool:
    try:
        pipe.recv()
    except (EOFError, ConnectionResetError):
        return False
    return True
