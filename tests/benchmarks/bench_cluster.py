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
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]  # it ships no type information
from distributed import Client
from measuring import REPOSITORY, Row, measured, table, write_results
from subject import COSTS, fleet, policy_text, seconds_of_reading, server_state


def main() -> None:
    """Measure, print, write."""
    options = _options()
    rows: list[Row] = []
    with TemporaryDirectory(prefix="bench-cluster-") as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(policy_text(options.checks), encoding="utf-8")
        for workers in (0, *options.workers):
            rows.append(_measure(folder, options.servers, options.checks, workers, options.threads))
            sys.stdout.write(f"{rows[-1]}\n")
    sys.stdout.write(f"\n{table(rows)}\n")
    write_results("cluster", vars(options), {"workers": rows})


def _measure(folder: Path, servers: int, checks: int, workers: int, threads: int) -> Row:
    """Audit a fresh fleet once, with so many workers."""
    place = folder / f"workers-{workers}"
    place.mkdir()
    states = [server_state(checks, COSTS)]
    with (
        fleet(place / "inventory.yaml", states, servers) as running,
        _cluster(place, workers, threads) as (executor, helpers),
    ):
        at_once = max(1, workers) * threads
        jobs = at_once * 3 // 2 if workers else at_once
        running.usage()
        before, own = running.usage(), [_cpu(helper) for helper in helpers]
        words = ["--inventory", place / "inventory.yaml", "--policy", folder / "policy.yaml", "--jobs", jobs]
        words += ["--executor", executor, "--retries", 0, "--out", place / "reports", "--store", "none"]
        words += ["--log", place / "log.jsonl", "--log-format", "json"]
        run = measured([sys.executable, "-m", "auditor", "run", *map(str, words)], place)
        helped = [_cpu(helper) - then for helper, then in zip(helpers, own, strict=True)]
        spent = running.usage() - before
    exchanges = spent.counts.exchanges / servers
    each = COSTS.powershell_start + COSTS.script + COSTS.round_trip * exchanges
    read = seconds_of_reading(place / "log.jsonl", servers)
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
