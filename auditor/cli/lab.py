"""`auditor lab`: simulated servers that speak real WS-Management, until stopped."""

import argparse
import json
import signal
import threading
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType

from auditor.disk import replace_file
from auditor.errors import ExitCode, UsageError
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Scenario

COSTS = {
    "powershell_start": "PowerShell takes to start",
    "script": "the auditor's script runs",
    "program": "any other command runs, such as reg.exe",
    "round_trip": "every HTTP reply is on its way",
}
"""The costs that can be given, and what to say of each."""
_COUNTED_EVERY = 1.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("--scenario", default="exchange-2007", metavar="NAME|FILE", help="shipped scenario, or a file")
    add("--servers", type=int, metavar="N", help="how many servers (default: as in the scenario)")
    add("--write-inventory", type=Path, metavar="FILE", help="write an inventory of the servers")
    add("--counts", type=Path, metavar="FILE", help="write every second what all servers did together (JSON)")
    for name, what in COSTS.items():
        add(_option(name), type=int, metavar="MS", help=f"milliseconds that {what}")


def execute(options: argparse.Namespace) -> ExitCode:
    """Start the servers, say where they are, and wait for Ctrl-C or SIGTERM."""
    if options.servers is not None and options.servers < 1:
        raise UsageError(f"--servers {options.servers} makes no sense; it must be at least 1")
    scenario = _with_costs(load_scenario(find_scenario(options.scenario)), options)
    signal.signal(signal.SIGTERM, _interrupt)
    with Fleet.start(scenario, options.servers) as fleet:
        if options.write_inventory:
            _write_inventory(fleet, options.write_inventory)
            print(f"inventory: {options.write_inventory} (its password file goes when the servers stop)")
        if options.counts:
            _write_counts(fleet, options.counts)
        for server in fleet.servers:
            print(f"{server.name:<32} {server.endpoint}  web {server.address}:{server.web_port}")
        try:
            print("running until Ctrl-C", flush=True)
            _wait(fleet, options.counts)
        except KeyboardInterrupt:
            print("stopped")
        if options.counts:
            _write_counts(fleet, options.counts)
    return ExitCode.COMPLIANT


def _option(cost: str) -> str:
    return f"--{cost.replace('_', '-')}"


def _with_costs(scenario: Scenario, options: argparse.Namespace) -> Scenario:
    """Return the scenario with what the command line says of costs, for all of its servers."""
    given = {name: getattr(options, name) for name in COSTS if getattr(options, name) is not None}
    for name, milliseconds in given.items():
        if milliseconds < 0:
            raise UsageError(f"{_option(name)} {milliseconds} makes no sense; it must be at least 0")
    seconds = {name: milliseconds / 1000 for name, milliseconds in given.items()}
    servers = tuple(replace(server, costs=replace(server.costs, **seconds)) for server in scenario.servers)
    return replace(scenario, servers=servers)


def _wait(fleet: Fleet, counts: Path | None) -> None:
    """Wait until interrupted; on Windows a wait without an end would not be."""
    never = threading.Event()
    while not never.wait(_COUNTED_EVERY):
        if counts:
            _write_counts(fleet, counts)


def _write_counts(fleet: Fleet, path: Path) -> None:
    text = json.dumps(asdict(fleet.counts()), indent=2) + "\n"
    try:
        replace_file(path, [text.encode()])
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); name another file for --counts") from error


def _write_inventory(fleet: Fleet, path: Path) -> None:
    try:
        fleet.write_inventory(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); name another --write-inventory") from error


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
