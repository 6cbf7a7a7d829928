"""What benchmarks share: a process measured from outside, a table, a file with the results."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"
_KILO = 1 if sys.platform == "darwin" else 1024

Row = Mapping[str, str | int | float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A process that ended: seconds on the clock and of the processor (its children's too), most bytes of memory."""

    wall: float
    cpu: float
    memory: int
    output: str


def measured(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    well: Collection[int] = (0,),
) -> Measured:
    """Run a program in a folder to its end; raises `SystemExit` with the end of what it said.

    It does so unless the exit code is one of those that say it went `well`.
    """
    said = folder / "said.txt"
    with said.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            # what is installed has its bytecode: without it each start would compile a checkout anew
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    output = said.read_text(encoding="utf-8", errors="replace")
    if process.returncode not in well:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Measured(wall=wall, cpu=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss * _KILO, output=output)


def say(line: str) -> None:
    """Print a line at once, also where the output is not a terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def table(rows: Sequence[Row]) -> str:
    """Return rows with the same keys as a table for people, numbers to the right."""
    shown = [[_shown(value) for value in row.values()] for row in rows]
    heads = list(rows[0]) if rows else []
    widths = [max(map(len, column)) for column in zip(heads, *shown, strict=True)]
    right = [not isinstance(value, str) for value in rows[0].values()] if rows else []
    lines = [heads, ["-" * width for width in widths], *shown]
    return "\n".join(_line(line, widths, right) for line in lines)


def write_results(name: str, options: Mapping[str, object], tables: Mapping[str, Sequence[Row]]) -> Path:
    """Write what was measured, and on what, to `results/<name>.json`, and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    document = {"benchmark": name, "measured": _now(), "machine": _machine(), "options": options, "tables": tables}
    path.write_text(json.dumps(document, indent=2, default=str) + "\n", encoding="utf-8")
    return path


def _machine() -> dict[str, object]:
    """Return what the figures depend on; `load` is the number of processes that wanted to run in the last minutes."""
    return {
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _line(words: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = zip(words, widths, right, strict=True)
    return "  ".join(word.rjust(width) if is_right else word.ljust(width) for word, width, is_right in cells).rstrip()


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
