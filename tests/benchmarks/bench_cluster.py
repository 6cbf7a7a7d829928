"""What workers of a cluster add: the same fleet read by threads here, and by 1, 2, 3 Dask workers.

    python tests/benchmarks/bench_cluster.py [--servers N] [--checks N] [--threads N] [--workers N ...] [--quick]

`auditor run` is called as a user would, against simulated servers in a process of their own (PowerShell starts in
600 ms, the script takes 200 ms, every reply 5 ms), with a real scheduler and real worker processes on this machine.
Each worker has `--threads` threads, and there are half as many jobs again, so that a thread that is done has its next
server waiting; the line without workers is `--executor threads` with as many jobs as one worker has threads. `read s`
is from the beginning of the run, which connects to the scheduler, to the last server; `servers/s` is by that; `limit s`
is what the threads allow: ceil(N / threads) x seconds per server.

All of it shares this machine: with too few cores for `--workers` times `--threads`, the processor is measured and not
the cluster. CPU seconds of the run, its workers, the scheduler and the simulated servers are told apart, so that one
can see. Needs `pip install 'auditor[cluster]'`. Prints a table and writes `results/cluster.json`.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]  # it ships no type information
from distributed import Client
from measuring import REPOSITORY, Row, measured, table, write_results

from auditor.lab.costs import Costs
from auditor.lab.processes import FleetProcesses
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import RegistryKey, RegistryValue, Scenario

COSTS = Costs(powershell_start=0.6, script=0.2, program=0.1, round_trip=0.005)
KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
HEAD = 'id: bench\nversion: "1"\ntitle: Bench\nsource: {document: Nothing}\nchecks:'
CHECK = r"""
  - id: value-{number:04}
    title: Value {number} is set
    severity: high
    probe: registry_value
    parameters: {{key: 'HKLM\{key}', name: Value{number:04}}}
    expect: {{value: {{equals: 1}}}}
    rationale: None.
    remediation: Set it.
    reference: Step 1
"""


def main() -> None:
    """Measure, print, write."""
    options = _options()
    rows: list[Row] = []
    with TemporaryDirectory(prefix="bench-cluster-") as name:
        folder = Path(name)
        checks = "".join(CHECK.format(number=number, key=KEY) for number in range(options.checks))
        (folder / "policy.yaml").write_text(HEAD + checks, encoding="utf-8")
        for workers in (0, *options.workers):
            rows.append(_measure(folder, options.servers, options.checks, workers, options.threads))
            sys.stdout.write(f"{rows[-1]}\n")
    sys.stdout.write(f"\n{table(rows)}\n")
    write_results("cluster", vars(options), {"workers": rows})


def _measure(folder: Path, servers: int, checks: int, workers: int, threads: int) -> Row:
    """Audit a fresh fleet once, with so many workers."""
    place = folder / f"workers-{workers}"
    place.mkdir()
    with _fleet(place, servers, checks) as fleet, _cluster(place, workers, threads) as (executor, helpers):
        at_once = max(1, workers) * threads
        jobs = at_once * 3 // 2 if workers else at_once
        fleet.usage()
        before, own = fleet.usage(), [_cpu(helper) for helper in helpers]
        words = ["--inventory", place / "inventory.yaml", "--policy", folder / "policy.yaml", "--jobs", jobs]
        words += ["--executor", executor, "--retries", 0, "--out", place / "reports", "--store", "none"]
        words += ["--log", place / "log.jsonl", "--log-format", "json"]
        run = measured([sys.executable, "-m", "auditor", "run", *map(str, words)], place)
        helped = [_cpu(helper) - then for helper, then in zip(helpers, own, strict=True)]
        spent = fleet.usage() - before
    exchanges = spent.counts.exchanges / servers
    each = COSTS.powershell_start + COSTS.script + COSTS.round_trip * exchanges
    read = _read(place / "log.jsonl", servers)
    return {
        "workers": workers,
        "threads": at_once,
        "servers": servers,
        "limit s": math.ceil(servers / at_once) * each,
        "read s": read,
        "wall s": run.wall,
        "servers/s": servers / read,
        "run CPU s": run.cpu,
        "workers CPU s": sum(helped[1:]),
        "scheduler CPU s": sum(helped[:1]),
        "fleet CPU s": spent.cpu,
        "RSS MB": run.memory / 1e6,
        "load": os.getloadavg()[0],
    }


def _read(log: Path, servers: int) -> float:
    """Return the seconds from the beginning of the run until its last server; raises `SystemExit` if one is missing."""
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    done = [event for event in events if event["event"] == "server_done"]
    if unread := [event for event in done if event["status"] != "reached"]:
        raise SystemExit(f"{len(unread)} servers were not read, for example: {unread[0]}")
    if len(done) != servers:
        raise SystemExit(f"{len(done)} of {servers} servers are told")
    began = next(event["time"] for event in events if event["event"] == "run_started")
    last = max(datetime.fromisoformat(event["time"]) for event in done)
    return (last - datetime.fromisoformat(began)).total_seconds()


@contextmanager
def _fleet(place: Path, servers: int, checks: int) -> Iterator[FleetProcesses]:
    base = load_scenario(find_scenario("small")).servers[0]
    values = tuple(RegistryValue(name=f"Value{number:04}", type="REG_DWORD", data=1) for number in range(checks))
    key = RegistryKey(path=f"HKLM\\{KEY}", values=values, last_write=base.boot)
    state = replace(base, registry=(key,), costs=COSTS)
    with FleetProcesses.start(Scenario(name="bench", servers=(state,)), servers) as fleet:
        fleet.write_inventory(place / "inventory.yaml")
        yield fleet


@contextmanager
def _cluster(place: Path, workers: int, threads: int) -> Iterator[tuple[str, Sequence[psutil.Process]]]:
    """Start a scheduler and workers; gives the executor's name, and the processes, the scheduler first."""
    if not workers:
        yield "threads", ()
        return
    told = place / "scheduler.json"
    with ExitStack() as running:
        helpers = [running.enter_context(_helper("dask_scheduler", "--port=0", f"--scheduler-file={told}"))]
        while not told.exists() or not told.read_text():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        own = ["--no-nanny", f"--nthreads={threads}", "--memory-limit=0", f"--local-directory={place}"]
        helpers += [running.enter_context(_helper("dask_worker", address, *own)) for _ in range(workers)]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address.replace("tcp", "dask"), helpers


@contextmanager
def _helper(module: str, *options: str) -> Iterator[psutil.Process]:
    words = [sys.executable, "-m", f"distributed.cli.{module}", "--host=127.0.0.1", "--no-dashboard", *options]
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DASK_LOGGING__DISTRIBUTED": "error"}
    with subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=480)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--threads", type=int, default=8, help="of each worker")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--quick", action="store_true", help="24 servers, in seconds")
    options = parser.parse_args()
    if options.quick:
        options.servers, options.workers = 24, [1, 2]
    return options


if __name__ == "__main__":
    main()
