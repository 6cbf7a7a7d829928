"""`auditor baseline set|list|remove`: names for approved runs, to compare others with as `baseline:NAME`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from auditor.baselines import baselines, remove_baseline, set_baseline
from auditor.errors import ExitCode
from auditor.runs import REFERENCES, find_run, read_run


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = f"RUN is {REFERENCES}."
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = actions.add_parser("set", help="make NAME lead to RUN, whatever it led to before")
    adding.add_argument("name", metavar="NAME", help="letters, digits, '.', '_' and '-'")
    adding.add_argument("run", metavar="RUN", help=REFERENCES)
    listing = actions.add_parser("list", help="show all baselines")
    removing = actions.add_parser("remove", help="forget NAME; the run stays")
    removing.add_argument("name", metavar="NAME", help="a baseline that is there")
    for each in (adding, listing, removing):
        each.add_argument("--out", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Set, list or remove; raises `AuditError` for what is not there."""
    out = Path(options.out)
    match options.action:
        case "set":
            _set(out, options.name, options.run)
        case "list":
            _list(out)
        case _:
            remove_baseline(out, options.name)
            print(f"baseline {options.name} is removed; its run stays")
    return ExitCode.COMPLIANT


def _set(out: Path, name: str, text: str) -> None:
    folder = find_run(text, out)
    run = read_run(folder)
    set_baseline(out, name, folder, run.id, datetime.now(UTC))
    print(f"baseline {name} is run {run.id} of {run.started}")


def _list(out: Path) -> None:
    found = baselines(out)
    for each in found:
        print(f"{each.name:<24} run {each.run}, set {each.set}, in {each.folder}")
    if not found:
        print(f"{out} has no baseline; make one with `auditor baseline set NAME RUN`")
