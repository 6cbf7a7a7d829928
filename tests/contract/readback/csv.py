"""How a script reads `findings.csv`."""

import csv
import io
from collections import Counter
from collections.abc import Mapping


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(row["standing"] for row in _rows(files) if row["row"] == "finding")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    return {row["server"] for row in _rows(files) if row["server_status"] == "unreachable"}


def _rows(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["findings.csv"].decode("utf-8"), newline="")))
