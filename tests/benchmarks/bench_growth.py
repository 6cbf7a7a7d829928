r"""How an audit grows with servers and with checks: seconds, processor, memory, and the exponent of each.

    python tests/benchmarks/bench_growth.py [--quick] [--fleet] [--servers N ...] [--checks N ...]

By servers (10, 100, 1,000, 10,000 with 100 checks each) and by checks (3, 30, 300, 1,000 on 100 servers each) a process
of its own audits by the real `audit`, with run.json and junit.xml. The evidence is made server by server, as if it had
just been collected: one check in a hundred finds another value. With `--fleet` it is collected: `auditor run` reads
simulated servers, in processes of their own, that take no time (up to 1,000; each server is a listening socket).

Printed, and written to `results/growth.json`: seconds on the clock and of the processor, the most memory, what was
written. The exponent is the slope of the best straight line through the logarithms (least squares): 1 is linear. What
is there before the first server (the interpreter, modules) makes it smaller, so the last column has the slope between
the two largest sizes, where that counts least; above 1.1 it says so.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, Row, measured, say, table, write_results
from subject import fleet, policy_text, server_state

from auditor.audit import Order, audit
from auditor.formats import FORMATS
from auditor.load.policy import load_policy
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.gate import parse_gate
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.plan import Assignment
from auditor.probes import PROBES
from auditor.report import RunFolder

SERVERS, CHECKS = (10, 100, 1_000, 10_000), (3, 30, 300, 1_000)
QUICK_SERVERS, QUICK_CHECKS = (10, 50, 250), (3, 30, 100)
EACH_CHECKS, EACH_SERVERS = 100, 100
MOST_SIMULATED = 1_000
JOBS = 64
COLUMNS = ("wall s", "cpu s", "MB of memory")
TOO_MUCH = 1.1


def main() -> None:
    """Measure each size in a process of its own, print and write the figures."""
    options = _options()
    if options.audit:
        _audit(Path(options.audit), options.servers[0])
        return
    rows: dict[str, list[Row]] = {"servers": [], "checks": []}
    with ExitStack() as opened:
        for by, sizes in (("servers", options.servers), ("checks", options.checks)):
            for size in sizes:
                servers, checks = (size, EACH_CHECKS) if by == "servers" else (options.each_servers, size)
                folder = Path(opened.enter_context(TemporaryDirectory(prefix="bench-growth-")))
                rows[by].append(_row(folder, servers, checks, is_fleet=options.fleet))
                say(table(rows[by][-1:]))
    exponents = [row for by, measured_rows in rows.items() for row in _exponents(by, measured_rows)]
    for by, of_sizes in rows.items():
        say(f"\nby {by}\n{table(of_sizes)}")
    say(f"\n{table(exponents)}")
    name = "growth-fleet" if options.fleet else "growth"
    say(f"\nwritten to {write_results(name, vars(options), {**rows, 'exponents': exponents})}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, in seconds")
    parser.add_argument("--fleet", action="store_true", help="read simulated servers")
    parser.add_argument("--servers", type=int, nargs="+", metavar="N", help="sizes of fleets")
    parser.add_argument("--checks", type=int, nargs="+", metavar="N", help="sizes of policies")
    parser.add_argument("--audit", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.servers = options.servers or (QUICK_SERVERS if options.quick else SERVERS)
    options.checks = options.checks or (QUICK_CHECKS if options.quick else CHECKS)
    options.each_servers = 20 if options.quick or options.fleet else EACH_SERVERS
    if options.fleet:
        options.servers = [size for size in options.servers if size <= MOST_SIMULATED]
    return options


def _row(folder: Path, servers: int, checks: int, *, is_fleet: bool) -> Row:
    policy = folder / "bench.yaml"
    policy.write_text(policy_text(checks), "utf-8")
    took = _from_fleet(folder, servers, checks) if is_fleet else _made(folder, servers)
    written = [file for file in (folder / "reports").rglob("*") if file.is_file() and not file.is_symlink()]
    return {
        "servers": servers,
        "checks": checks,
        "wall s": took.wall,
        "cpu s": took.cpu,
        "us of cpu a check": took.cpu / servers / checks * 1e6,
        "MB of memory": took.memory / 2**20,
        "MB written": sum(file.stat().st_size for file in written) / 1e6,
    }


def _made(folder: Path, servers: int) -> Measured:
    return measured([sys.executable, __file__, "--audit", str(folder), "--servers", str(servers)], folder)


def _from_fleet(folder: Path, servers: int, checks: int) -> Measured:
    """Have `auditor run` read simulated servers; its history is part of it."""
    with fleet(folder / "inventory.yaml", [server_state(checks)], servers):
        words = ["run", "--policy", "bench.yaml", "--inventory", "inventory.yaml", "--jobs", str(JOBS)]
        return measured([sys.executable, "-m", "auditor", *words, "--format", "junit", "--retries", "0"], folder)


def _audit(folder: Path, servers: int) -> None:
    """Audit servers whose evidence is made."""
    policy = load_policy(folder / "bench.yaml", PROBES)
    names = (f"cas{number:05}.corp.example" for number in range(servers))
    ordered = Order(
        run_id="bench",
        assignments=tuple(
            Assignment(server=Server(name=name, connection=Connection(address=name)), policies=(policy,))
            for name in names
        ),
        inputs={},
        probes=PROBES,
        formats=(FORMATS["junit"],),
        gate=parse_gate(("fail",), ""),
    )
    with RunFolder(folder / "reports", "bench") as place:
        audit(ordered, _evidence, place, lambda: datetime.now(UTC))


def _evidence(planned: Iterable[Planned]) -> Iterator[Evidence]:
    first = Evidence(server="", status=Status.REACHED, collected="", collector="bench", transport="bench")
    for server, each in enumerate(planned):
        yield replace(
            first,
            server=each.server.name,
            policies=each.policies,
            collected="2026-11-24T02:00:00Z",
            answers={
                question: Observed(data={"type": "REG_DWORD", "data": int((server + number) % 100 != 0)})
                for number, question in enumerate(each.questions)
            },
        )


def _exponents(by: str, rows: Sequence[Row]) -> Iterator[Row]:
    for name in COLUMNS:
        points = [(math.log(float(row[by])), math.log(max(float(row[name]), 0.001))) for row in rows]
        at_the_end = _slope(points[-2:])
        verdict = "MORE THAN LINEAR" if at_the_end > TOO_MUCH else "linear or less"
        yield {"of": name, "by": by, "exponent": _slope(points), "at the end": at_the_end, "": verdict}


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the straight line that is nearest to the points, by least squares."""
    across, up = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - across) ** 2 for x, _ in points)
    return sum((x - across) * (y - up) for x, y in points) / spread if spread else 0.0


if __name__ == "__main__":
    main()
