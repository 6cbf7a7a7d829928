"""Instances of a WMI class, the asked properties only."""

from collections.abc import Sequence

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import items, record, scalar, table
from auditor.readers.source import powershell


def wmi(*, namespace: str, class_name: str, properties: Sequence[str], where: str = "") -> Question:
    r"""Ask for the instances of a class that meet a WQL condition ("" for all), e.g. in `root\cimv2`.

    Observed: `{"rows": [{"Name": "W3SVC", "ProcessId": 1234, "CreationDate": "20261101020304.123456+060"}]}`:
    numbers, booleans, strings, null, lists of these; dates in DMTF form as WMI has them. Absent: `namespace` or
    `class`.
    """
    names = {"namespace": namespace, "class": class_name, "properties": ",".join(sorted(set(properties)))}
    return ask("wmi", **names, where=where)


def _value(data: Json, where: str) -> Json:
    if isinstance(data, list):
        return items(data, where, scalar)
    return None if data is None else scalar(data, where)


def _row(data: Json, where: str) -> Json:
    return table(data, where, _value)


def check(data: Json) -> Json:
    """Return the rows as documented; all have the same properties."""
    fields = record(data, "wmi", {"rows"})
    rows = items(fields["rows"], "wmi.rows", _row)
    if len({frozenset(row) for row in rows if isinstance(row, dict)}) > 1:
        raise ReplyError("wmi.rows have different properties; look at the stored evidence")
    return {"rows": rows}


READER = Reader(
    kind="wmi",
    parameters=("namespace", "class", "properties", "where"),
    absent=("namespace", "class"),
    powershell=powershell("wmi"),
    check=check,
)
