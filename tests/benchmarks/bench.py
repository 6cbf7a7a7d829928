"""All benchmarks, one after the other, each as a process of its own: `make bench`.

    python tests/benchmarks/bench.py [--quick] [NAME ...]

They are `bench_NAME.py` and `model_NAME.py`; without names all are run. `--quick` makes them small, to see that they
work: their figures say nothing then. What each prints is shown while it runs; its figures are in `results/<name>.json`
(of those that only print, the lines), and `results/summary.json` has how long each took. A machine with nothing else to
do gives the best figures. Ends with 1 when a benchmark fails; the others are still run.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import REPOSITORY, RESULTS, Row, table, write_results

HERE = Path(__file__).parent
ORDER = (
    "peers",
    "limit",
    "server",
    "growth",
    "evaluate",
    "start",
    "formats",
    "html",
    "drift",
    "history",
    "cluster",
    "model_100000",
)
"""What is read first in the documentation comes first; a benchmark that is not named here comes last."""


def main() -> None:
    """Run them, print a table of how they went."""
    scripts = [path for kind in ("bench", "model") for path in sorted(HERE.glob(f"{kind}_*.py"))]
    found = {path.stem.removeprefix("bench_"): path for path in scripts}
    names = sorted(found, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small, in a minute or two")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    RESULTS.mkdir(exist_ok=True)
    extra = ["--quick"] if options.quick else []
    rows = [_run(name, found[name], extra) for name in names if not options.names or name in options.names]
    write_results("summary", {"quick": options.quick}, {"benchmarks": rows})
    sys.stdout.write(f"\n{table(rows)}\n")
    if any(row["ended"] != "well" for row in rows):
        raise SystemExit(1)


def _run(name: str, path: Path, extra: Sequence[str]) -> Row:
    """Run one benchmark, show and keep what it prints."""
    sys.stdout.write(f"\n=== {name}\n")
    results = RESULTS / f"{name}.json"
    results.unlink(missing_ok=True)
    began, load = time.perf_counter(), os.getloadavg()[0]
    exit_code, lines = _shown([sys.executable, str(path), *extra])
    if not results.exists():
        write_results(name, {"arguments": extra}, {"printed": [{"line": line} for line in lines]})
    ended = f"with {exit_code}" if exit_code else "well"
    return {"benchmark": name, "ended": ended, "seconds": time.perf_counter() - began, "load before": load}


def _shown(command: Sequence[str]) -> tuple[int, list[str]]:
    """Run a program, print what it prints while it runs, and return its exit code and the lines."""
    lines = []
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line.rstrip("\n"))
    return process.returncode, lines


if __name__ == "__main__":
    main()
