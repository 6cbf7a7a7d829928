"""The whole program on simulated servers: started once, audited once, and looked at by many tests."""

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.main import main
from auditor.lab.counters import Counts
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario

OFFLOADING = "exchange-2007-owa-ssl-offloading"
FORMATS = ("json", "junit", "text")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def run_auditor(*words: str) -> Ended:
    """Run a command in this process, as far as that is the same."""
    written, err = io.BytesIO(), io.StringIO()
    # what goes to standard output can be bytes as well as text
    with redirect_stdout(io.TextIOWrapper(written, encoding="utf-8", write_through=True)) as out, redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as stopped:  # argparse ends like this for --help and a wrong command line
            code = int(stopped.code or 0)
        out.flush()
        return Ended(code=code, out=written.getvalue().decode("utf-8"), err=err.getvalue())


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """One audit of the shipped scenario with all formats; `counts` are what happened at each server during it."""

    ended: Ended
    out: Path
    counts: Mapping[str, Counts]
    servers: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return (self.out / "latest").resolve()

    @property
    def run(self) -> Any:
        """What `run.json` says."""
        return json.loads((self.folder / "run.json").read_text())

    def finding(self, host: str, check: str) -> Any:
        """Return one finding as it stands in `run.json`."""
        (found,) = (each for each in self.run["findings"] if (each["host"], each["check"]) == (host, check))
        return found


@pytest.fixture
def auditor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Return the command `auditor`, run in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return run_auditor


@pytest.fixture(scope="session")
def python() -> tuple[str, ...]:
    """Return the words that start the program as a process."""
    return sys.executable, "-m", "auditor"


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Return the running servers of the shipped scenario."""
    with Fleet.start(load_scenario(find_scenario("exchange-2007"))) as running:
        yield running


@pytest.fixture(scope="session")
def inventory(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of the inventory of the shipped scenario's servers."""
    path = tmp_path_factory.mktemp("inventory") / "inventory.yaml"
    fleet.write_inventory(path)
    return str(path)


@pytest.fixture(scope="session")
def audited(fleet: Fleet, inventory: str, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Return an audit of the shipped scenario."""
    out = tmp_path_factory.mktemp("audited")
    formats = [word for name in FORMATS for word in ("--format", name)]
    before = {server.name: server.counters.now() for server in fleet.servers}
    words = ("--policy", OFFLOADING, "--inventory", inventory, "--retries", "0", "--out", str(out), *formats)
    ended = run_auditor("run", *words)
    return Audited(
        ended=ended,
        out=out,
        counts={server.name: _since(before[server.name], server.counters.now()) for server in fleet.servers},
        servers=tuple(sorted(server.name for server in fleet.servers)),
    )


def _since(before: Counts, after: Counts) -> Counts:
    return Counts(**{name: getattr(after, name) - getattr(before, name) for name in Counts.__slots__})
