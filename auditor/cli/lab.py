"""`auditor lab`: simulated servers that speak real WS-Management, until stopped."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from auditor.errors import ExitCode, UsageError
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--scenario", default="exchange-2007", metavar="NAME|FILE", help="shipped scenario, or a file")
    parser.add_argument("--servers", type=int, metavar="N", help="how many servers (default: as in the scenario)")
    parser.add_argument("--write-inventory", type=Path, metavar="FILE", help="write an inventory of the servers")


def execute(options: argparse.Namespace) -> ExitCode:
    """Start the servers, say where they are, and wait for Ctrl-C or SIGTERM."""
    if options.servers is not None and options.servers < 1:
        raise UsageError(f"--servers {options.servers} makes no sense; it must be at least 1")
    scenario = load_scenario(find_scenario(options.scenario))
    signal.signal(signal.SIGTERM, _interrupt)
    with Fleet.start(scenario, options.servers) as fleet:
        if options.write_inventory:
            _write_inventory(fleet, options.write_inventory)
            print(f"inventory: {options.write_inventory} (its password file goes when the servers stop)")
        for server in fleet.servers:
            print(f"{server.name:<32} {server.endpoint}  web {server.address}:{server.web_port}")
        try:
            print("running until Ctrl-C", flush=True)
            signal.pause() if hasattr(signal, "pause") else sys.stdin.read()
        except KeyboardInterrupt:
            print("stopped")
    return ExitCode.COMPLIANT


def _write_inventory(fleet: Fleet, path: Path) -> None:
    try:
        fleet.write_inventory(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); name another --write-inventory") from error


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
