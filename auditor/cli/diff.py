"""`auditor diff A B`: what changed between two stored runs, from what to what, and whose change it is."""

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path

from auditor.compare import Stored, compare
from auditor.errors import ExitCode
from auditor.formats.json import written
from auditor.formats.text_layout import Layout
from auditor.gate import tripped
from auditor.model.diff import SCHEMA, Compared, DiffDocument
from auditor.model.drift import Change, ChangeKind, Drift
from auditor.model.evidence import Status
from auditor.model.finding import FLEET
from auditor.model.gate import parse_gate
from auditor.model.run import Host, Run
from auditor.probes import PROBES
from auditor.runs import REFERENCES, find_run, read_run

_WIDTH = 100
_SHOWN = 5
_AT_ONCE = 500


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = (
        f"RUN is {REFERENCES}.\n"
        "Ends with 0 when nothing changed for the worse, 1 when something did, 2 when a run is not there."
    )
    parser.add_argument("before", metavar="A", help="the earlier RUN, for example last~1 or baseline:approved")
    parser.add_argument("after", metavar="B", help="the later RUN, for example last")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed (default: text)")
    parser.add_argument("--out", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Print the changes; nothing is written and no server is contacted."""
    with _uncollected():
        return _compared(options)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: two runs and what differs are held to the end, so nearly none would be found."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _compared(options: argparse.Namespace) -> ExitCode:
    before, after = (_stored(text, Path(options.out)) for text in (options.before, options.after))
    found = compare(before, after, PROBES)
    worse = [each.name for each in tripped(replace(after.run, drift=found), parse_gate(["drift"]))]
    render = _json if options.format == "json" else _text
    parts = render(found, before.run, after.run, worse)
    while told := "".join(islice(parts, _AT_ONCE)):
        sys.stdout.write(told)
    return ExitCode.FINDINGS if worse else ExitCode.COMPLIANT


def _stored(text: str, out: Path) -> Stored:
    folder = find_run(text, out)
    return Stored(run=read_run(folder), folder=folder)


def _json(found: Drift, before: Run, after: Run, worse: Sequence[str]) -> Iterator[str]:
    first, second = (Compared(id=run.id, started=run.started, version=run.version) for run in (before, after))
    document = DiffDocument(
        schema=SCHEMA, before=first, after=second, changes=found.changes, notes=found.notes, worse=tuple(worse)
    )
    for part in written(document):
        yield part.decode("ascii")
    yield "\n"


def _text(found: Drift, before: Run, after: Run, worse: Sequence[str]) -> Iterator[str]:
    layout = Layout(is_coloured=False, width=_WIDTH)
    for line in _lines(found, before, after, layout):
        yield line.rstrip() + "\n"
    for line in layout.wrapped("", _conclusion(worse)):
        yield line + "\n"


def _lines(found: Drift, before: Run, after: Run, layout: Layout) -> Iterator[str]:
    yield from layout.wrapped("", f"from run {before.id}, {before.started}")
    yield from layout.wrapped("", f"to   run {after.id}, {after.started}")
    several = len({change.policy for change in found.changes if change.policy}) > 1
    # the fleet comes last, as in the reports
    ordered = sorted(found.changes, key=lambda change: (change.host == FLEET, change.host))
    hosts = {host.name: host for host in after.hosts}
    for name, changes in groupby(ordered, lambda change: change.host):
        yield ""
        yield from layout.heading("All servers together" if name == FLEET else name)
        yield from _server(list(changes), hosts.get(name), layout, several=several)
    yield ""
    for note in found.notes:
        yield from layout.wrapped("note: ", note)
    numbers = Counter(change.kind for change in found.changes)
    counted = ", ".join(f"{numbers[kind]} {_words(kind)}" for kind in ChangeKind if numbers[kind])
    yield from layout.wrapped("", f"changes: {counted or 'none'}")


def _server(changes: Sequence[Change], host: Host | None, layout: Layout, *, several: bool) -> Iterator[str]:
    """Yield what changed on one server; what is the same for many of its checks is told once."""
    silent = host is not None and host.status is Status.UNREACHABLE
    lost: list[Change] = []
    still: list[Change] = []
    other: list[Change] = []
    for change in changes:
        if silent and change.kind is ChangeKind.NEWLY_UNKNOWN and change.before:
            lost.append(change)
        elif change.kind is ChangeKind.STILL_DEVIATING and not change.causes:
            still.append(change)
        else:
            other.append(change)
    if host and lost:
        yield from layout.wrapped("  - ", f"not reached any more: {host.reason}")
        names = (f"{_name(each, several=several)} (before: {each.before.verdict})" for each in lost if each.before)
        yield from layout.wrapped("  - ", f"not known any more: {', '.join(names)}")
    for change in other:
        name = f"{_name(change, several=several)}: " if change.check else ""
        yield from layout.wrapped("  - ", name + change.text)
    if still:
        names = (f"{_name(change, several=several)} (since {change.since})" for change in still)
        yield from layout.wrapped("  - ", f"still deviating: {', '.join(names)}")


def _name(change: Change, *, several: bool) -> str:
    return f"{change.policy}/{change.check}" if several else change.check


def _conclusion(worse: Sequence[str]) -> str:
    if not worse:
        return "exit code 0: nothing changed for the worse"
    more = f" and {len(worse) - _SHOWN} more" if len(worse) > _SHOWN else ""
    return f"exit code 1: changed for the worse: {', '.join(worse[:_SHOWN])}{more}"


def _words(kind: ChangeKind) -> str:
    return kind.replace("_", " ")
