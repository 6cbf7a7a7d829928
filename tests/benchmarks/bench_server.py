"""What CPU reading one server needs, and where it goes.

    python tests/benchmarks/bench_server.py [--servers N] [--checks N] [--quick] [--profile]

One thread reads simulated servers that take no time, in a process of their own, one after the other: over NTLM with
encryption, with `--checks` checks each. `--profile` prints the functions that take most, by the profiler's clock, which
makes small functions look more expensive than they are. Prints milliseconds of CPU for one server, those that the
simulated server needs, and the exchanges; writes them to `results/server.json`.
"""

import argparse
import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Row, table, write_results
from subject import fleet, question, server_state

from auditor.credentials import Credentials
from auditor.load.inventory import load_inventory
from auditor.model.inventory import Server
from auditor.transports.transport import Deadline
from auditor.transports.winrm import WinRm

TIMEOUT = 60


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=400)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="few servers")
    parser.add_argument("--profile", action="store_true", help="print where the CPU goes")
    options = parser.parse_args()
    profiler = cProfile.Profile(time.thread_time) if options.profile else None
    with TemporaryDirectory(prefix="bench-server-") as folder:
        row = _measure(Path(folder), 20 if options.quick else options.servers, options.checks, profiler)
    if profiler:
        statistics = pstats.Stats(profiler)
        statistics.sort_stats("cumulative").print_stats(70)
        statistics.sort_stats("tottime").print_stats(40)
    sys.stdout.write(f"{table([row])}\n\nwritten to {write_results('server', vars(options), {'server': [row]})}\n")


def _measure(folder: Path, servers: int, checks: int, profiler: cProfile.Profile | None) -> Row:
    with fleet(folder / "inventory.yaml", [server_state(checks)], servers) as running:
        known, read = load_inventory(folder / "inventory.yaml"), _reader(checks)
        read(known[0])  # imports, and whatever is remembered
        before, began = running.usage(), time.process_time()
        with profiler or nullcontext():
            for server in known:
                read(server)
        own, spent = time.process_time() - began, running.usage() - before
    return {
        "servers": servers,
        "checks": checks,
        "ms of cpu a server": own / servers * 1000,
        "fleet's": spent.cpu / servers * 1000,
        "exchanges": spent.counts.exchanges / servers,
    }


def _reader(checks: int) -> Callable[[Server], object]:
    transport, questions = WinRm(Credentials()), [question(number) for number in range(checks)]
    return lambda server: transport.ask(server, questions, Deadline.after(TIMEOUT))


if __name__ == "__main__":
    main()
