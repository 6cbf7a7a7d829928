"""How a program reads `findings.xlsx`: openpyxl, which is not what wrote it."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping

import openpyxl


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(row["standing"] for row in _rows(files, "Findings") if row["row"] == "finding")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    return {row["server"] for row in _rows(files, "Servers") if row["status"] == "unreachable"}


def text(files: Mapping[str, bytes]) -> str:
    book = _book(files)
    cells = (cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return "\n".join(str(cell) for cell in cells if cell is not None)


def _rows(files: Mapping[str, bytes], name: str) -> Iterator[dict[str, str]]:
    header, *rows = _book(files)[name].iter_rows(values_only=True)
    for row in rows:
        yield {str(column): str(cell or "") for column, cell in zip(header, row, strict=True)}


def _book(files: Mapping[str, bytes]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(files["findings.xlsx"]))
