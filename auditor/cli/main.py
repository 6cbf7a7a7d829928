"""`auditor COMMAND ...`: finds the command, runs it, turns what stops it into a message and an exit code."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Protocol

from auditor import __version__
from auditor.cli.importing import importing
from auditor.errors import AuditError, DocumentError, ExitCode

COMMANDS = {
    "run": "audit servers (or stored evidence) against policies and write findings",
    "diff": "tell what changed between two stored runs, and whose change it is",
    "baseline": "name stored runs as approved states, to compare with",
    "waive": "accept a deviation that a run found, in a file of waivers",
    "report": "write a stored run in further formats: html, sarif, csv and more",
    "gate": "judge a stored run by another gate; contacts no server",
    "history": "tell since when each finding is as it is, and how often it changed",
    "site": "write the history as a static site: trend, changes, servers, checks, waivers",
    "store": "bring the history to this version, or remove what is old",
    "export": "seal a stored run in one file for a security review",
    "verify": "check a sealed export: every file, its signature, its time, its link",
    "keys": "make the keys that seal and check exports, or hide names in them",
    "schedule": "print what starts an audit every night: systemd, cron, a task, CI",
    "validate": "check policies, inventory and audit files without touching a server",
    "test": "judge the example evidence beside policies",
    "script": "print the PowerShell script that would be sent for policies",
    "probes": "list the probes, their parameters and facts",
    "schema": "print the JSON Schema of policies, inventories, audit files, examples or runs",
    "lab": "start simulated servers and keep them running",
    "demo": "audit a simulated fleet and show the result",
}
_EXIT_CODES = (
    "exit codes: 0 compliant, 1 findings at or above the gate, 2 bad command line or document,\n"
    "3 evidence missing (server not reached, check not known), 70 a bug, 130 interrupted"
)


class Command(Protocol):
    """What each file of a command offers; the module itself is the value."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    def execute(self, options: argparse.Namespace) -> ExitCode:
        """Do it; raises `AuditError` for what stops it."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        return _command(sys.argv[1:] if words is None else words)
    except DocumentError as error:
        # each line begins with its place, for editors and build servers to find
        print(error, file=sys.stderr)
        return error.exit_code
    except AuditError as error:
        print(f"auditor: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("auditor: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001  the last resort: a bug is told as one, with what a report needs
        traceback.print_exc()
        print(f"auditor: this is a bug in auditor {__version__}; please report the lines above", file=sys.stderr)
        return ExitCode.BUG


def _command(words: Sequence[str]) -> ExitCode:
    options = _top().parse_args(words[:1])
    if options.command is None:
        _top().print_help()
        return ExitCode.USAGE
    command = _load(options.command)
    parser = argparse.ArgumentParser(
        prog=f"auditor {options.command}",
        description=_sentence(COMMANDS[options.command]),
        formatter_class=_Lines,
        allow_abbrev=False,
    )
    command.arguments(parser)
    return command.execute(parser.parse_args(words[1:]))


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


class _Lines(argparse.RawDescriptionHelpFormatter):
    """One line per option: help must fit a screen."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)


def _top() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="auditor",
        description="Audit fleets of Windows servers against policies, over WinRM, without changing anything.",
        usage="auditor [-h] [--version] COMMAND ...",
        epilog=f"commands:\n{listed}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"auditor {__version__}")
    parser.add_argument("command", nargs="?", choices=tuple(COMMANDS), metavar="COMMAND", help="see below")
    return parser


def _load(name: str) -> Command:
    """Import only the command that runs: starting fast matters in a gate."""
    place = f"auditor.cli.{name}"
    with importing(place):
        module: Command = import_module(place)
    return module


def entry() -> None:
    """Run as a program."""
    for stream in (sys.stdout, sys.stderr):
        # what servers and policies say is shown as far as the terminal or log has letters for it
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
