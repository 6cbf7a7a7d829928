"""The sheets of `findings.xlsx`: rows of texts under a header, on as many sheets as they need."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from auditor.formats.escape import shortened
from auditor.formats.json_text import shown
from auditor.model.finding import Standing

ROWS = 1_048_576
"""Rows of a sheet (Microsoft, "Excel specifications and limits")."""

_LONGEST = 16_000
"""Characters of a cell; Excel takes 32,767, counts those above U+FFFF twice, and repairs away what is longer."""

COLOURS: Mapping[Standing, str] = {
    Standing.FAIL: "#C0392B",
    Standing.ERROR: "#8E44AD",
    Standing.WARN: "#D68910",
    Standing.WAIVED: "#2471A3",
    Standing.NOT_APPLICABLE: "#85929E",
    Standing.PASS: "#1E8449",
}
"""The standings, worst first, with their colours."""

Value: TypeAlias = str | int
Widths: TypeAlias = Sequence[tuple[str, int]]
"""The name of each column, and how wide it is, in characters."""


def cell_text(text: str) -> str:
    """Return the text as a cell holds it: hidden characters spelled out, cut to what a cell takes."""
    said = shortened(shown(text), _LONGEST)
    # XlsxWriter writes a text of this shape as XML, unescaped: it takes it for one that it made itself
    return "\\u003c" + said[1:] if said.startswith("<r>") and said.endswith("</r>") else said


@dataclass(slots=True)
class Book:
    """A workbook of XlsxWriter, and the looks of its cells."""

    workbook: Any
    looks: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        # the quote prefix keeps a text that begins with "=" a text when somebody edits the cell
        text = {"quote_prefix": True, "valign": "top"}
        self.looks = {
            "": self.workbook.add_format(text),
            "title": self.workbook.add_format({"bold": True, "font_size": 16}),
            "head": self.workbook.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#2C3E50"}),
            "number": self.workbook.add_format({"num_format": "#,##0"}),
        }
        for standing, colour in COLOURS.items():
            self.looks[standing] = self.workbook.add_format(text | {"bold": True, "font_color": colour})

    def sheet(self, name: str) -> Any:
        """Add a sheet."""
        return self.workbook.add_worksheet(name)

    def write(self, sheet: Any, row: int, values: Iterable[Value], look: str = "") -> None:
        """Write a row: texts as texts whatever they look like, numbers as numbers."""
        for column, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(row, column, value, self.looks["number"])
            elif value:
                sheet.write_string(row, column, cell_text(value), self.looks[look])


@dataclass(slots=True)
class Listing:
    """Rows under a header that stays in sight and filters; goes on on a further sheet when one is full."""

    book: Book
    name: str
    columns: Widths
    rows: int = ROWS
    look_of: Callable[[Sequence[Value]], str] = lambda _row: ""
    _sheet: Any = None
    _sheets: int = 0
    _next: int = 0

    def add(self, row: Sequence[Value]) -> None:
        """Write a row."""
        if self._sheet is None or self._next == self.rows:
            self._begin()
        self.book.write(self._sheet, self._next, row, self.look_of(row))
        self._next += 1

    def end(self) -> None:
        """Have the last sheet filter; a listing without rows still has its header."""
        if self._sheet is None:
            self._begin()
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self.columns) - 1)

    def _begin(self) -> None:
        if self._sheet is not None:
            self.end()
        self._sheets += 1
        self._sheet = self.book.sheet(self.name if self._sheets == 1 else f"{self.name} {self._sheets}")
        for place, (_, width) in enumerate(self.columns):
            self._sheet.set_column(place, place, width)
        self._sheet.freeze_panes(1, 0)
        self.book.write(self._sheet, 0, [name for name, _ in self.columns], "head")
        self._next = 1
