"""How long 10 to 100,000 servers take, and what is busy first: measured costs per server, and a simulation of the rest.

    python tests/benchmarks/model_100000.py [--checks N] [--quick] [--logins N] [--seconds S] [--megabits N]

First it measures on this machine what one server with `--checks` checks costs: the processor's time for reading it
(NTLM with encryption), for judging and reporting it, for recording it (SQLite), and for handing it to a Dask worker and
back; bytes and exchanges on the wire. CPU seconds, so that a busy machine disturbs little. Then it reads whole fleets
in simulated time, with an event for each server, by the assumptions below. Nothing of that is contacted: it tells what
follows from the costs, not what a network, a directory or a fleet of that size does besides.

Assumed, each an option or a constant here:
- a server takes `--seconds` on its own side (PowerShell's start above all), spread log-normally: every twentieth takes
  three times as long; 1 % are silent, and hold a thread for the timeout of 120 s, but no job;
- one login per server, and the domain controllers take `--logins` a second in all;
- the way to the servers carries `--megabits`, shared by all of them;
- a worker has 4 cores as fast as this one, of which Python uses one for each worker process: 4 processes;
- judging and writing use one core of the machine that was called; recording begins when all servers are judged.

Prints the costs and a table, and writes `results/model_100000.json`. `busy` is how much of the time each part works;
what comes near 100 % decides, and more of anything else changes nothing.
"""

import argparse
import heapq
import json
import math
import random
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from distributed import Client, LocalCluster
from measuring import Row, measured, table, write_results
from subject import fleet, policy_text, question, server_state

from auditor.credentials import Credentials
from auditor.lab.processes import FleetProcesses, Usage
from auditor.load.inventory import load_inventory
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.transports.transport import Deadline
from auditor.transports.winrm import WinRm

LAYOUTS = ((10, 0, 16), (1_000, 0, 64), (10_000, 0, 256), (100_000, 0, 256), (100_000, 2, 256), (100_000, 8, 256))
"""Servers, workers (0: threads of the machine that was called), jobs for each worker."""

PROCESSES = 4
SILENT, TIMEOUT = 0.01, 120.0
SLOW = 3.0 ** (1 / 1.645)
"""The spread (one sigma, as a factor) by which every twentieth server takes three times the median."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What one server costs: seconds of one core, bytes, HTTP exchanges."""

    read: float
    judge: float
    record: float
    hand_over: float
    wire: float
    exchanges: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumed:
    """What cannot be measured here; see above."""

    seconds: float
    logins: float
    megabits: float


class Queue:
    """Something that serves one after the other: what it is busy with, and until when."""

    def __init__(self) -> None:
        self.free, self.busy = 0.0, 0.0

    def serve(self, now: float, seconds: float) -> float:
        """Return when something that comes now is done."""
        self.free = max(self.free, now) + seconds
        self.busy += seconds
        return self.free


def main() -> None:
    """Measure, simulate, print, write."""
    options = _options()
    costs = _measure(options.checks, 10 if options.quick else 200)
    assumed = Assumed(seconds=options.seconds, logins=options.logins, megabits=options.megabits)
    rows = [simulate(*layout, costs, assumed) for layout in LAYOUTS]
    shown = {
        name: value * 1000 if name in {"read", "judge", "record", "hand_over"} else value
        for name, value in asdict(costs).items()
    }
    sys.stdout.write("one server (ms of CPU; bytes; exchanges): " + json.dumps(shown) + "\n\n" + table(rows) + "\n")
    write_results("model_100000", vars(options), {"costs": [asdict(costs)], "fleets": rows})


def simulate(servers: int, workers: int, jobs: int, costs: Costs, assumed: Assumed) -> Row:
    """Return how long a fleet takes, in simulated time, and how busy each part is."""
    chance = random.Random(servers)  # the same fleet every time
    readers = [Queue() for _ in range(max(1, workers) * (PROCESSES if workers else 1))]
    threads = [(0.0, number % len(readers)) for number in range(max(1, workers) * jobs)]
    heapq.heapify(threads)
    judging, logins, wire, last_silent = Queue(), Queue(), Queue(), 0.0
    for _ in range(servers):
        now, number = heapq.heappop(threads)
        if chance.random() < SILENT:
            last_silent = max(last_silent, now + TIMEOUT)
            heapq.heappush(threads, (now, number))
            continue
        known = logins.serve(now, 1 / assumed.logins)
        sent = wire.serve(now, costs.wire * 8 / (assumed.megabits * 1e6))
        # the reader's own work is spread over the conversation, the server's time comes on top
        worked = (readers[number] if workers else judging).serve(known, costs.read)
        done = max(worked, sent, known + assumed.seconds * chance.lognormvariate(0, math.log(SLOW)))
        judging.serve(done if workers else worked, costs.judge + (costs.hand_over if workers else 0))
        heapq.heappush(threads, (done, number))
    judged = max(*(done for done, _ in threads), judging.free, last_silent)
    return {
        "servers": servers,
        "workers": workers,
        "jobs": max(1, workers) * jobs,
        "read and judged s": judged,
        "recorded s": judged + costs.record * servers,
        "auditor's core busy %": 100 * judging.busy / judged,
        "worker's cores busy %": 100 * sum(each.busy for each in readers) / len(readers) / judged,
        "logins busy %": 100 * logins.busy / judged,
        "network busy %": 100 * wire.busy / judged,
    }


def _measure(checks: int, servers: int) -> Costs:
    """Measure what one server costs, from what so many of them do."""
    with TemporaryDirectory(prefix="model-") as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(policy_text(checks), encoding="utf-8")
        with _fleet(folder, servers, checks) as running:
            read, used = _read(folder, running, checks)
        few, many = _runs(folder, servers // 5, checks), _runs(folder, servers, checks)
    live, kept, replayed = ((more - less) / (servers - servers // 5) for less, more in zip(few, many, strict=True))
    return Costs(
        read=read,
        judge=max(replayed, 0.0),
        record=max(kept - live, 0.0),
        hand_over=_hand_over(checks, 10 * servers),
        wire=(used.counts.bytes_received + used.counts.bytes_sent) / servers,
        exchanges=used.counts.exchanges / servers,
    )


def _read(folder: Path, running: FleetProcesses, checks: int) -> tuple[float, Usage]:
    """Read all servers in this thread, one after the other; return CPU seconds for each, and what the fleet did."""
    known, transport, questions = load_inventory(folder / "inventory.yaml"), WinRm(Credentials()), _questions(checks)
    transport.ask(known[0], questions, Deadline.after(60))  # imports and caches
    before, began = running.usage(), time.process_time()
    for server in known:
        transport.ask(server, questions, Deadline.after(60))
    return (time.process_time() - began) / len(known), running.usage() - before


def _runs(folder: Path, servers: int, checks: int) -> tuple[float, float, float]:
    """Return the CPU seconds of a run over so many servers without and with a history, and of judging it again."""
    out = f"reports-{servers}"
    words = ["--inventory", "inventory.yaml", "--policy", "policy.yaml", "--jobs", "4"]
    spent = []
    for store in ("none", str(folder / f"history-{servers}.db")):
        with _fleet(folder, servers, checks):
            spent.append(_run(folder, [*words, "--store", store, "--out", out]))
    return spent[0], spent[1], _run(folder, ["--evidence", "last", "--policy", "policy.yaml", "--out", out])


def _run(folder: Path, words: list[str]) -> float:
    return measured([sys.executable, "-m", "auditor", "run", *words], folder).cpu


def _hand_over(checks: int, servers: int) -> float:
    """Return the CPU seconds for handing a server to a worker and getting it back: of all three sides together."""
    planned = Planned(server=Server(name="a", connection=Connection(address="a")), questions=_questions(checks))
    local = LocalCluster(n_workers=1, processes=False, dashboard_address=None)
    with local, Client(local, set_as_default=False) as client:
        executor = client.get_executor(pure=False)
        executor.submit(_same, planned).result()
        began = time.process_time()
        for future in [executor.submit(_same, planned) for _ in range(servers)]:
            future.result()
        return (time.process_time() - began) / servers


def _same(planned: Planned) -> Planned:
    return planned


def _questions(checks: int) -> tuple[Question, ...]:
    return tuple(question(number) for number in range(checks))


def _fleet(folder: Path, servers: int, checks: int) -> AbstractContextManager[FleetProcesses]:
    return fleet(folder / "inventory.yaml", [server_state(checks)], servers)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1.0, help="a server's own time, median")
    parser.add_argument("--logins", type=float, default=400.0, help="a second, by all domain controllers")
    parser.add_argument("--megabits", type=float, default=100.0, help="on the way to the servers")
    parser.add_argument("--quick", action="store_true", help="measure 10 servers, in seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
