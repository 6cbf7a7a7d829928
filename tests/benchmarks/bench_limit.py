"""How near an audit comes to what its jobs allow, what dead servers cost the others, and what CPU one server needs.

    python tests/benchmarks/bench_limit.py [--servers N] [--checks N] [--jobs N ...] [--quick] [--profile]

N servers that need T seconds each cannot be read by J jobs in less than ceil(N / J) x T. `auditor run` is called as a
user would, against simulated servers in a process of their own (PowerShell starts in 600 ms, the script takes 200 ms,
every reply 5 ms), and its wall time, CPU and largest memory are compared with that: with all servers alive, and with
every tenth of them silent, where what counts is when the last of the others was read. Then one thread reads servers
that take no time, one after the other, which gives the CPU of one server; `--profile` says where it goes.

The simulated servers need CPU, too, about half as much as the auditor, on the same machine. Prints a table, with the
load of the machine beside it, and writes everything as JSON to `results/limit.json`.
"""

import argparse
import cProfile
import json
import math
import os
import pstats
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import write_results

from auditor.credentials import Credentials
from auditor.lab.costs import NO_COSTS, Costs
from auditor.lab.processes import FleetProcesses
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, RegistryKey, RegistryValue, Scenario, ServerState
from auditor.load.inventory import load_inventory
from auditor.model.inventory import Server
from auditor.readers.registry_value import registry_value
from auditor.transports.transport import Deadline
from auditor.transports.winrm import WinRm

COSTS = Costs(powershell_start=0.6, script=0.2, program=0.1, round_trip=0.005)
KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
HEAD = 'id: bench\nversion: "1"\ntitle: Bench\nsource: {document: Nothing}\nchecks:'
CHECK = r"""
  - id: value-{number:04}
    title: Value {number} is set
    severity: high
    probe: registry_value
    parameters: {{key: 'HKLM\{key}', name: Value{number:04}}}
    expect: {{present: {{equals: true}}, type: {{equals: REG_DWORD}}, value: {{equals: 1}}}}
    rationale: None.
    remediation: Set it.
    reference: Step 1
"""
TIMEOUT = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One audit: seconds, megabytes; `last` is when the last server that is not silent was read."""

    name: str
    servers: int
    silent: int
    checks: int
    jobs: int
    per_server: float
    limit: float
    wall: float
    last: float
    cpu: float
    fleet_cpu: float
    exchanges: float
    rss: float
    load: float

    @property
    def ratio(self) -> float:
        """How many times the limit the servers that answer took."""
        return self.last / self.limit


def main() -> None:
    """Measure, print, write."""
    options = _options()
    servers, single = (64, 20) if options.quick else (options.servers, 200)
    measured: list[Measured] = []
    with TemporaryDirectory(prefix="bench-limit-") as folder:
        place = Path(folder)
        policy = place / "policy.yaml"
        checks = "".join(CHECK.format(number=number, key=KEY) for number in range(options.checks))
        policy.write_text(HEAD + checks, encoding="utf-8")
        _say(f"{'':<22} {'jobs':>5} {'limit s':>8} {'read s':>8} {'ratio':>6} {'wall s':>7} {'CPU s':>6} {'RSS MB':>7}")
        for jobs in options.jobs:
            for name, silent in (("all alive", 0), ("every tenth silent", 10)):
                one = _audit(name, place, policy, servers=servers, silent=silent, checks=options.checks, jobs=jobs)
                measured.append(one)
                _say(
                    f"{one.name:<22} {jobs:5} {one.limit:8.1f} {one.last:8.1f} {one.ratio:6.2f} {one.wall:7.1f} "
                    f"{one.cpu:6.1f} {one.rss:7.0f}   load {one.load:.1f}, fleet's CPU {one.fleet_cpu:.1f} s"
                )
        cpu = _cpu(place, single, options.checks, profile=options.profile)
    rows = [{**asdict(one), "ratio": one.ratio} for one in measured]
    told = {"costs": asdict(COSTS), "servers": servers, "checks": options.checks}
    write_results("limit", told, {"audits": rows, "one server": [cpu]})


def _audit(name: str, place: Path, policy: Path, *, servers: int, silent: int, checks: int, jobs: int) -> Measured:
    """Audit a fleet as a user would."""
    asleep = servers // silent if silent else 0
    with _fleet(place, servers - asleep, asleep, checks, COSTS) as (fleet, inventory):
        before, load = fleet.usage(), os.getloadavg()[0]
        log, started = place / f"{name}-{jobs}.jsonl", time.monotonic()
        words = ["run", "--inventory", inventory, "--policy", policy, "--jobs", jobs, "--timeout", TIMEOUT]
        words += ["--retries", 0, "--out", place / "reports", "--log", log, "--log-format", "json"]
        usage = _run([sys.executable, "-m", "auditor", *map(str, words)], place / "said.txt")
        wall, spent = time.monotonic() - started, fleet.usage() - before
    exchanges = spent.counts.exchanges / (servers - asleep)
    per_server = COSTS.powershell_start + COSTS.script + COSTS.round_trip * exchanges
    return Measured(
        name=name,
        servers=servers,
        silent=asleep,
        checks=checks,
        jobs=jobs,
        per_server=per_server,
        limit=math.ceil((servers - asleep) / jobs) * per_server,
        wall=wall,
        last=_last(log),
        cpu=usage.ru_utime + usage.ru_stime,
        fleet_cpu=spent.cpu,
        exchanges=exchanges,
        rss=usage.ru_maxrss / 1024,
        load=load,
    )


def _run(command: Sequence[str], said: Path) -> resource.struct_rusage:
    """Run a program, return what it needed; servers that are silent make the exit code 3."""
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise SystemExit(said.read_text(encoding="utf-8", errors="replace"))
    return usage


def _last(log: Path) -> float:
    """Return the seconds from the beginning of the run until the last server that answers was read."""
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    began = next(event for event in events if event["event"] == "run_started")
    read = [event for event in events if event["event"] == "server_done" and event["status"] == "reached"]
    last = max(datetime.fromisoformat(event["time"]) for event in read)
    return (last - datetime.fromisoformat(began["time"])).total_seconds()


def _cpu(place: Path, servers: int, checks: int, *, profile: bool) -> dict[str, float]:
    """Read servers one after the other in this thread; return milliseconds of CPU each."""
    questions = [registry_value(hive="HKLM", key=KEY, name=f"Value{number:04}", view="64") for number in range(checks)]
    with _fleet(place, servers, 0, checks, NO_COSTS) as (fleet, inventory):
        known = load_inventory(inventory)
        transport = WinRm(Credentials())

        def read(server: Server) -> None:
            transport.ask(server, questions, Deadline.after(TIMEOUT))

        read(known[0])  # imports and caches
        before, started, whole = fleet.usage(), time.thread_time(), time.process_time()
        profiler = cProfile.Profile(time.thread_time)
        with profiler if profile else _nothing():
            for server in known:
                read(server)
        own, process = time.thread_time() - started, time.process_time() - whole
        spent = fleet.usage() - before
    figures = {
        "cpu_ms": own / servers * 1000,
        "cpu_ms_with_other_threads": process / servers * 1000,
        "fleet_cpu_ms": spent.cpu / servers * 1000,
        "exchanges": spent.counts.exchanges / servers,
    }
    _say("one server: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.items()))
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
    return figures


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _fleet(place: Path, alive: int, silent: int, checks: int, costs: Costs) -> Iterator[tuple[FleetProcesses, Path]]:
    """Start servers of which those that are silent stand between the others; gives them and their inventory."""
    state = _state(checks, costs)
    states = [replace(state, name=f"cas{number:05}") for number in range(alive)]
    for number in range(silent):
        asleep = replace(state, name=f"silent{number:05}", reachability=Reachability.SILENT)
        states.insert(number * 10 + 5, asleep)
    named = tuple(replace(each, name=f"s{number:05}") for number, each in enumerate(states))
    inventory = place / f"inventory-{time.monotonic_ns()}.yaml"
    with FleetProcesses.start(Scenario(name="bench", servers=named)) as fleet:
        fleet.write_inventory(inventory)
        yield fleet, inventory


def _state(checks: int, costs: Costs) -> ServerState:
    base = load_scenario(find_scenario("small")).servers[0]
    values = tuple(RegistryValue(name=f"Value{number:04}", type="REG_DWORD", data=1) for number in range(checks))
    key = RegistryKey(path=f"HKLM\\{KEY}", values=values, last_write=base.boot)
    kept = tuple(each for each in base.registry if each.path != key.path)
    return replace(base, registry=(*kept, key), costs=costs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--jobs", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--quick", action="store_true", help="64 servers, in seconds")
    parser.add_argument("--profile", action="store_true", help="print where the CPU of one server goes")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
