"""`findings.xlsx` for Excel and its kin: a summary with a chart, findings, servers, changes, waivers, notes.

Every text is written as a text, whatever it looks like, row by row: a fleet's findings are never held at once, so what
XlsxWriter has written goes through temporary files. The file's own dates are those of the run.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from auditor.formats.format import Format, Needed, one_file
from auditor.formats.table import COLUMNS, Table
from auditor.formats.xlsx_sheets import COLOURS, ROWS, Book, Listing, Value, Widths
from auditor.formats.xlsx_summary import Tally, write_summary
from auditor.model.drift import State
from auditor.model.finding import Standing, in_order
from auditor.model.run import Run

_FILE = "findings.xlsx"
_PIECE = 1 << 16
_WIDE = {"title": 40, "expected": 40, "actual": 40, "reason": 50, "remediation": 50, "server": 28, "check": 28}
_STANDING = [column.name for column in COLUMNS].index("standing")
_SERVERS: Widths = (
    ("server", 28), ("status", 14), ("reason", 60), ("groups", 20), ("policies", 40), ("platform", 40),
    *((standing.value, 14) for standing in COLOURS),
)  # fmt: skip
_CHANGES: Widths = (
    ("change", 22), ("server", 28), ("policy", 34), ("check", 28), ("causes", 20), ("since", 22),
    ("verdict before", 16), ("actual before", 40), ("verdict now", 16), ("actual now", 40), ("text", 80),
)  # fmt: skip
_WAIVERS: Widths = (("waiver", 28), ("owner", 20), ("expires", 14), ("ticket", 14), ("reason", 60), ("findings", 10))
_NOTES: Widths = (("about", 22), ("note", 120))


def workbook(run: Run, rows: int = ROWS) -> Iterator[bytes]:
    """Yield the workbook; `rows` is how many rows a sheet takes."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415  an extra; it has no types

    with TemporaryFile() as packed, TemporaryDirectory() as folder:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": folder,
        }
        with Workbook(packed, options) as book:
            _fill(Book(book), run, rows)
        packed.seek(0)
        while piece := packed.read(_PIECE):
            yield piece


def _fill(book: Book, run: Run, rows: int) -> None:
    moment = datetime.fromisoformat(run.finished).astimezone(UTC).replace(tzinfo=None)
    book.workbook.set_properties({"title": f"Audit {run.id}", "author": "auditor", "created": moment})
    summary = book.sheet("Summary")
    tally = _findings(book, run, rows)
    _listed(book, "Servers", _SERVERS, _servers(run, tally), rows)
    _listed(book, "Changes", _CHANGES, _changes(run), rows)
    _listed(book, "Waivers", _WAIVERS, _waivers(tally), rows)
    _listed(book, "Notes", _NOTES, _notes(run), rows)
    write_summary(book, summary, run, tally)


def _findings(book: Book, run: Run, rows: int) -> Tally:
    tally, table = Tally(), Table(run)
    listing = Listing(book, "Findings", [(column.name, _WIDE.get(column.name, 16)) for column in COLUMNS], rows, _look)
    for finding in in_order(run.findings):
        tally.count(finding)
        listing.add(table.of_finding(finding))
    judged = {host for host, _ in tally.by_host}
    for host in sorted(run.hosts, key=lambda host: host.name):
        if host.name not in judged:
            listing.add(table.of_server(host))
    listing.end()
    return tally


def _look(row: Sequence[Value]) -> str:
    return str(row[_STANDING]) if row[_STANDING] in COLOURS else ""


def _listed(book: Book, name: str, columns: Widths, rows: Iterable[Sequence[Value]], limit: int) -> None:
    listing = Listing(book, name, columns, limit)
    for row in rows:
        listing.add(row)
    listing.end()


def _servers(run: Run, tally: Tally) -> Iterator[Sequence[Value]]:
    for host in sorted(run.hosts, key=lambda host: host.name):
        platform = "; ".join(f"{name}: {host.platform[name]}" for name in sorted(host.platform))
        told = (host.name, host.status.value, host.reason, ", ".join(host.groups), ", ".join(host.policies), platform)
        yield *told, *tally.of_host(host.name)


def _changes(run: Run) -> Iterator[Sequence[Value]]:
    for change in sorted(run.compared.changes if run.compared else (), key=_place):
        place = (change.kind.value, change.host, change.policy, change.check)
        yield *place, ", ".join(change.causes), change.since, *_state(change.before), *_state(change.after), change.text


def _place(change: Any) -> tuple[str, str, str, str, str]:
    return change.host, change.policy, change.check, change.kind, change.text


def _state(state: State | None) -> tuple[str, str]:
    if state is None:
        return "", ""
    return (f"{state.verdict} ({Standing.WAIVED})" if state.waived else state.verdict.value), state.actual


def _waivers(tally: Tally) -> Iterator[Sequence[Value]]:
    for mark in sorted(tally.by_waiver, key=lambda mark: (mark.id, mark.expires, mark.owner, mark.ticket, mark.reason)):
        yield mark.id, mark.owner, mark.expires, mark.ticket, mark.reason, tally.by_waiver[mark]


def _notes(run: Run) -> Iterator[Sequence[Value]]:
    for kind in fields(run.waivers):
        for note in getattr(run.waivers, kind.name):
            yield f"waiver {kind.name.replace('_', ' ')}", note
    if run.drift is None:
        yield "changes", "no other run was compared with"
        return
    for note in run.drift.notes:
        yield "changes", note


FORMAT = Format(
    name="xlsx",
    reader="Excel and other spreadsheets: a summary with a chart, and everything to filter",
    filename=_FILE,
    files=one_file(_FILE, workbook),
    needs=Needed(module="xlsxwriter", package="XlsxWriter", extra="xlsx"),
)
