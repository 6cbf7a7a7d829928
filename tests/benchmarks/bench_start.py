"""How long `auditor --help` and `auditor validate` of the shipped policies take, from the start of Python to its end.

    python tests/benchmarks/bench_start.py [--quick] [--times N]

Each is started N times (20) after one that is not counted, which makes the bytecode. Printed, and written to
`results/start.json`: the shortest and the middle of seconds on the clock and of the processor. `python -c pass` stands
beside them: nothing written in Python starts sooner.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measuring import Row, measured, table, write_results

COMMANDS = (("-c", "pass"), ("-m", "auditor", "--help"), ("-m", "auditor", "validate"))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three times each")
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often each is started")
    options = parser.parse_args()
    times = 3 if options.quick else options.times
    with TemporaryDirectory(prefix="bench-start-") as folder:
        rows = [_row(words, times, Path(folder)) for words in COMMANDS]
    sys.stdout.write(f"{table(rows)}\n\nwritten to {write_results('start', {'times': times}, {'starts': rows})}\n")


def _row(words: Sequence[str], times: int, folder: Path) -> Row:
    took = [measured([sys.executable, *words], folder) for _ in range(times + 1)][1:]
    walls, processor = [one.wall * 1000 for one in took], [one.cpu * 1000 for one in took]
    return {
        "command": f"python {' '.join(words)}",
        "shortest ms": min(walls),
        "middle ms": median(walls),
        "shortest ms of cpu": min(processor),
        "middle ms of cpu": median(processor),
    }


if __name__ == "__main__":
    main()
