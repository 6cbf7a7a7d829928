"""How long the commands take that have little to do, from the start of Python to its end: what is paid each time.

    python tests/benchmarks/bench_start.py [--quick] [--times N]

Each is started N times (20) after one that is not counted, which makes the bytecode: `auditor --help`, `auditor
validate` of the shipped policies, and `auditor run` of one simulated server that takes no time, by 3 and by 300 checks,
into a folder that holds no history yet and into one that holds it. Printed, and written to `results/start.json`: the
shortest and the middle of seconds on the clock and of the processor. `python -c pass` stands beside them: nothing
written in Python starts sooner.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory

from measuring import Measured, Row, measured, table, write_results
from subject import fleet, policy_text, server_state

COMMANDS = (("-c", "pass"), ("-m", "auditor", "--help"), ("-m", "auditor", "validate"))
CHECKS = (3, 300)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three times each")
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often each is started")
    options = parser.parse_args()
    times = 3 if options.quick else options.times
    with TemporaryDirectory(prefix="bench-start-") as place:
        folder = Path(place)
        rows = [_row(f"python {' '.join(words)}", words, times, folder) for words in COMMANDS]
        with fleet(folder / "inventory.yaml", [server_state(max(CHECKS))]):
            rows += [row for checks in CHECKS for row in _runs(checks, times, folder)]
    sys.stdout.write(f"{table(rows)}\n\nwritten to {write_results('start', {'times': times}, {'starts': rows})}\n")


def _runs(checks: int, times: int, folder: Path) -> Iterator[Row]:
    policy, out = folder / f"{checks}.yaml", folder / "reports"
    policy.write_text(policy_text(checks), encoding="utf-8")
    words = ("-m", "auditor", "run", "--inventory", "inventory.yaml", "--policy", policy.name, "--out", out.name)
    yield _row(f"auditor run, {checks} checks, no history", words, times, folder, without=out)
    yield _row(f"auditor run, {checks} checks, again", words, times, folder)


def _row(name: str, words: Sequence[str], times: int, folder: Path, without: Path | None = None) -> Row:
    """Start a command so many times, each time without a folder that it makes."""
    took: list[Measured] = []
    for _ in range(times + 1):
        if without is not None:
            rmtree(without, ignore_errors=True)
        took.append(measured([sys.executable, *words], folder))
    walls, processor = [one.wall * 1000 for one in took[1:]], [one.cpu * 1000 for one in took[1:]]
    return {
        "command": name,
        "shortest ms": min(walls),
        "middle ms": median(walls),
        "shortest ms of cpu": min(processor),
        "middle ms of cpu": median(processor),
    }


if __name__ == "__main__":
    main()
