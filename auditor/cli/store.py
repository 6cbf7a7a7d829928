"""`auditor store upgrade|prune|add`: look after the history."""

import argparse
import re
import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auditor import evidence_store
from auditor.baselines import baselines
from auditor.errors import ExitCode, UsageError
from auditor.model.evidence import Evidence
from auditor.report import EVIDENCE
from auditor.runs import find_run, read_run
from auditor.suggest import unknown

if TYPE_CHECKING:
    from auditor.history.records import Pruned

STORE = "history.db"
_MEGABYTE = 1_000_000
_UNITS = {"d": 1, "w": 7}


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add `--store`; the command has `--out` besides."""
    parser.add_argument("--store", metavar="URL", help=f"history: a path or postgresql://... (default: DIR/{STORE})")


def store_url(options: argparse.Namespace, out: Path) -> str:
    """Return the store that `--store` names, or the one in the folder of reports."""
    return url_for(options.store or "", out)


def url_for(named: str, out: Path) -> str:
    """Return the store that is named, or the one in the folder of reports."""
    return named or str(out / STORE)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _action(actions, "upgrade", "make the store, or bring it to this version's tables; back it up before")
    prune = _action(actions, "prune", "remove what only old runs rest on; baselines in DIR stay")
    prune.add_argument("--keep", required=True, metavar="AGE", help="how old a run may be, for example 90d or 52w")
    prune.add_argument(
        "--protect", action="append", default=[], metavar="RUN", help="a run to keep, whatever its age; may be repeated"
    )
    added = _action(actions, "add", "add runs from their folders, for example those made before there was a store")
    added.add_argument("runs", nargs="+", metavar="RUN", help="a run id, a run folder's path, or last")


def execute(options: argparse.Namespace) -> ExitCode:
    """Do what was asked; raises `UsageError`."""
    match options.action:
        case "upgrade":
            _upgrade(options)
        case "prune":
            _prune(options)
        case _:
            _add(options)
    return ExitCode.COMPLIANT


def age(text: str) -> timedelta:
    """Return the time that `90d` or `52w` means; raises `UsageError` for anything else."""
    found = re.fullmatch(r"(\d{1,5})([dw])", text)
    if not found:
        raise UsageError(f"{text!r} is no age: use days or weeks, for example 90d or 52w")
    return timedelta(days=int(found[1]) * _UNITS[found[2]])


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
    add_store(parser)
    parser.add_argument("--out", default="reports", metavar="DIR", help="where runs are written (default: reports)")
    return parser


def _upgrade(options: argparse.Namespace) -> None:
    from auditor.history.store import upgrade  # noqa: PLC0415  a database library is slow to import

    url = store_url(options, Path(options.out))
    print("the history is upgraded" if upgrade(url) else "the history is of this version already")


def _prune(options: argparse.Namespace) -> None:
    from auditor.history.store import open_existing  # noqa: PLC0415  as above

    limit = datetime.now(UTC) - age(options.keep)
    approved = {baseline.run for baseline in baselines(Path(options.out))}
    with open_existing(store_url(options, Path(options.out))) as store:
        _require(options.protect, {run.id for run in store.runs()})
        print(_told(store.prune(limit, approved.union(options.protect))))


def _require(wanted: Collection[str], known: Collection[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"--protect: {unknown('run', name, known)}")


def _told(pruned: "Pruned") -> str:
    sizes = f"{pruned.before / _MEGABYTE:.1f} MB before, {pruned.after / _MEGABYTE:.1f} MB now"
    if not pruned.runs:
        return f"nothing is old enough to be pruned; {sizes}"
    removed = f"{pruned.intervals} intervals, {pruned.states} states and {pruned.answers} answers removed"
    return f"{len(pruned.runs)} runs pruned: {removed}; {sizes}"


def _add(options: argparse.Namespace) -> None:
    from auditor.history.records import RunState  # noqa: PLC0415  as above
    from auditor.history.store import open_store  # noqa: PLC0415  as above

    folders = [find_run(text, Path(options.out)) for text in options.runs]
    with open_store(store_url(options, Path(options.out))) as store:
        whole = {run.id for run in store.runs() if run.state in (RunState.COMPLETE, RunState.PRUNED)}
        for folder in folders:
            run = read_run(folder)
            if run.id in whole:
                print(f"note: run {run.id} is stored already", file=sys.stderr)
                continue
            store.record(run, _evidence(folder))
            print(f"run {run.id} is stored")


def _evidence(folder: Path) -> Iterator[Evidence]:
    file = folder / EVIDENCE
    if not file.is_file():
        return
    with file.open("rb") as lines:
        yield from (evidence_store.read(line) for line in lines)
