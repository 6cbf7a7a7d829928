"""`findings.csv`: one row for each finding, for spreadsheets and scripts; `datapackage.json` beside it describes it.

RFC 4180 with LF, UTF-8 without a byte order mark. The description is a Data Package of Frictionless Data with the
Table Schema of the columns: `frictionless validate datapackage.json`. A text that a spreadsheet would take for a
formula has an apostrophe before it (OWASP, "CSV Injection"); so has one that begins with an apostrophe itself, so that
taking one away from the beginning of a line gives the text back.
"""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import Any

from auditor.formats.escape import shortened
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.json_text import block, shown
from auditor.formats.table import COLUMNS, Column, rows
from auditor.model.run import Run

_FILE = "findings.csv"
_DESCRIPTION = "datapackage.json"
_LONGEST = 32_000
"""Characters in a cell: Excel takes 32,767, Python's own reader 131,072."""

_AT_ONCE = 500
# the full-width forms begin a formula where a spreadsheet is set to Japanese or Chinese; blanks are skipped by some
_FORMULA = re.compile(r"^(?=[^\S\n]*['=+\-@\uff1d\uff0b\uff0d\uff20])", re.MULTILINE)


def harmless(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula, hidden characters spelled out."""
    if text.isprintable() and text[:1].isalnum() and len(text) <= _LONGEST:
        return text  # nearly every cell; a fleet has millions
    return shortened(_FORMULA.sub("'", shown(text)), _LONGEST)


def _files(run: Run, _answers: Answers) -> Iterator[ReportFile]:
    yield ReportFile(name=_FILE, content=_render(run))
    yield ReportFile(name=_DESCRIPTION, content=iter([block(_description(run)) + b"\n"]))


def _render(run: Run) -> Iterator[bytes]:
    yield _lines([[column.name for column in COLUMNS]])
    cells = ([harmless(text) if text else "" for text in row] for row in rows(run))
    while some := list(islice(cells, _AT_ONCE)):
        yield _lines(some)


def _lines(cells: list[list[str]]) -> bytes:
    written = StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(cells)
    return written.getvalue().encode()


def _description(run: Run) -> dict[str, Any]:
    return {
        "name": "findings",
        "title": f"Findings of run {shown(run.id)}",
        "created": run.finished,
        "resources": [
            {
                "name": "findings",
                "path": _FILE,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n"},
                "schema": {"fields": [_field(column) for column in COLUMNS], "primaryKey": ["identity"]},
            }
        ],
    }


def _field(column: Column) -> dict[str, Any]:
    described = {"name": column.name, "type": column.type, "description": column.text}
    return described | ({"constraints": {"enum": list(column.values)}} if column.values else {})


FORMAT = Format(
    name="csv",
    reader="spreadsheets and scripts; a row for each finding",
    filename=_FILE,
    files=_files,
    has_notes=False,
)
