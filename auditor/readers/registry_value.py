"""One value of the registry: its exact type and its data."""

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import Read, bytes_in_hex, decimal, items, record, strange, text, whole
from auditor.readers.source import powershell

HIVES = ("HKLM", "HKCU", "HKU", "HKCR", "HKCC")
"""The roots that can be asked for; HKCU is that of the account that audits."""
VIEWS = ("64", "32")
"""The 64 bit and the 32 bit (`Wow6432Node`) view; the same thing on a 32 bit system."""


def registry_value(*, hive: str, key: str, name: str, view: str = "64") -> Question:
    r"""Ask for a value: `hive` of `HIVES`, `key` without outer backslashes, `name` "" for the default value.

    Observed: `{"type": "REG_DWORD", "data": 1}`. REG_DWORD, REG_DWORD_BIG_ENDIAN and REG_QWORD give unsigned
    integers; REG_SZ, REG_EXPAND_SZ (not expanded) and REG_LINK strings; REG_MULTI_SZ a list of strings; all
    others, `REG_<number>` when the type has no name, bytes as lower-case hexadecimal digits.
    Absent: `key` or `value`.
    """
    return ask("registry_value", hive=hive, key=key, name=name, view=view)


def _strings(value: Json, where: str) -> list[str]:
    return items(value, where, text)


_DATA: dict[str, Read[Json]] = {
    "REG_DWORD": whole,
    "REG_DWORD_BIG_ENDIAN": whole,
    "REG_QWORD": decimal,
    "REG_SZ": text,
    "REG_EXPAND_SZ": text,
    "REG_LINK": text,
    "REG_MULTI_SZ": _strings,
}


def check(data: Json) -> Json:
    """Return type and data as documented; a 64 bit number travels as a string and becomes an integer here."""
    fields = record(data, "registry_value", {"type", "data"})
    kind = text(fields["type"], "registry_value.type")
    if not kind.startswith("REG_"):
        raise ReplyError(f"registry_value.type is {kind!r}, which is no registry type; look at the stored evidence")
    if fields["data"] is None:
        raise strange("registry_value.data", None, f"the data of a {kind}")
    return {"type": kind, "data": _DATA.get(kind, bytes_in_hex)(fields["data"], "registry_value.data")}


READER = Reader(
    kind="registry_value",
    parameters=("hive", "key", "name", "view"),
    absent=("key", "value"),
    powershell=powershell("registry_value"),
    check=check,
)
