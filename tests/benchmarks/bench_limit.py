"""How near an audit comes to what its jobs allow, and what dead servers cost the others.

    python tests/benchmarks/bench_limit.py [--servers N] [--checks N] [--jobs N ...] [--many N] [--quick]

N servers that need T seconds each cannot be read by J jobs in less than ceil(N / J) x T. `auditor run` is called as a
user would, against simulated servers in processes of their own, and its wall time, CPU and largest memory are compared
with that: with all servers alive, and with silent ones between the same servers, a tenth of all; what counts is when
the last of those that answer was read. Then `--many` servers (10,000; 0 leaves them out) that take 1 s each are audited
with 256 jobs, with JUnit and a history.

PowerShell starts in `--powershell-start` ms, the script takes `--script` ms, every reply `--round-trip` ms. The
simulated servers need CPU, too, about half as much as the auditor, on the same machine. Prints a table, with the load
of the machine beside it, and writes everything as JSON to `results/limit.json`.
"""

import argparse
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Row, measured, say, table, write_results
from subject import add_costs, costs_of, policy_text, seconds_of_reading, server_state

from auditor.errors import ExitCode
from auditor.lab.costs import Costs
from auditor.lab.processes import FleetProcesses
from auditor.lab.state import Reachability, Scenario, ServerState

TIMEOUT = 60
MANY_JOBS, MANY_SCRIPT = 256, 0.36
"""With the script's 360 ms, PowerShell's 600 and eight replies of 5 a server takes 1 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """One audit to be measured; `silent` servers stand between the others."""

    name: str
    servers: int
    checks: int
    jobs: int
    costs: Costs
    silent: int = 0


def main() -> None:
    """Measure, print, write."""
    options = _options()
    rows: list[Row] = []
    with TemporaryDirectory(prefix="bench-limit-") as folder:
        for number, audit in enumerate(_audits(options)):
            inside = Path(folder) / str(number)
            inside.mkdir()
            rows.append(_measure(audit, inside))
            say(table(rows[-1:]) + "\n")
    say(table(rows))
    say(f"\nwritten to {write_results('limit', vars(options), {'audits': rows})}")


def _audits(options: argparse.Namespace) -> Iterator[Audit]:
    costs = costs_of(options)
    common = {"checks": options.checks, "costs": costs, "servers": options.servers}
    for jobs in options.jobs:
        yield Audit(name="all alive", jobs=jobs, **common)
        yield Audit(name="a tenth silent", jobs=jobs, silent=options.servers // 9, **common)
    if options.many:
        slow = replace(costs, script=MANY_SCRIPT)
        yield Audit(name="many", jobs=MANY_JOBS, servers=options.many, checks=options.checks, costs=slow)


def _measure(audit: Audit, folder: Path) -> Row:
    """Audit a fleet as a user would."""
    (folder / "policy.yaml").write_text(policy_text(audit.checks), encoding="utf-8")
    words = ["--policy", "policy.yaml", "--inventory", "inventory.yaml", "--jobs", audit.jobs, "--timeout", TIMEOUT]
    words += ["--retries", 0, "--format", "junit", "--log", "log.jsonl", "--log-format", "json"]
    with _fleet(audit, folder / "inventory.yaml") as fleet:
        before, load = fleet.usage(), os.getloadavg()[0]
        command = [sys.executable, "-m", "auditor", "run", *map(str, words)]
        took = measured(command, folder, well=(ExitCode.COMPLIANT, ExitCode.NOT_KNOWN))
        spent = fleet.usage() - before
    exchanges = spent.counts.exchanges / audit.servers
    each = audit.costs.powershell_start + audit.costs.script + audit.costs.round_trip * exchanges
    limit, read = math.ceil(audit.servers / audit.jobs) * each, seconds_of_reading(folder / "log.jsonl", audit.servers)
    return {
        "": audit.name,
        "servers": audit.servers,
        "silent": audit.silent,
        "jobs": audit.jobs,
        "limit s": limit,
        "read s": read,
        "ratio": read / limit,
        "wall s": took.wall,
        "cpu s": took.cpu,
        "MB of memory": took.memory // 2**20,
        "fleet's cpu s": spent.cpu,
        "load before": load,
    }


@contextmanager
def _fleet(audit: Audit, inventory: Path) -> Iterator[FleetProcesses]:
    """Start the servers, in two processes, with their silent ones between them, and list them."""
    states = tuple(replace(state, name=f"s{number:05}") for number, state in enumerate(_states(audit)))
    with FleetProcesses.start(Scenario(name="bench", servers=states), processes=2) as fleet:
        fleet.write_inventory(inventory)
        yield fleet


def _states(audit: Audit) -> Iterator[ServerState]:
    alive = server_state(audit.checks, audit.costs)
    silent = replace(alive, reachability=Reachability.SILENT)
    every = audit.servers // audit.silent if audit.silent else 0
    for number in range(audit.servers):
        yield alive
        if every and number % every == every // 2 and number // every < audit.silent:
            yield silent


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--jobs", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--many", type=int, default=10_000, metavar="N", help="servers of the last audit")
    parser.add_argument("--quick", action="store_true", help="few servers, in a minute or two")
    add_costs(parser)
    options = parser.parse_args()
    if options.quick:
        options.servers, options.many = 64, 200
    return options


if __name__ == "__main__":
    main()
