"""Reads the shape of JSON from a reply: strictly, because a strange reply must never pass for a plain one.

Every function returns the value with its type known, or raises `ReplyError` saying what stood where. The
message names types, not contents: what was read may be confidential.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from auditor.errors import ReplyError
from auditor.model.value import Json

Item = TypeVar("Item")
Read: TypeAlias = Callable[[Json, str], Item]

WORD = 2**32 - 1
"""The greatest unsigned 32 bit number."""
LONG = 2**64 - 1
"""The greatest unsigned 64 bit number."""

_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "an integer", float: "a fraction"}
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")


def strange(where: str, value: Json, wanted: str) -> ReplyError:
    """Return the error that says: here stood this, not that."""
    return ReplyError(f"{where} is {_NAMES.get(type(value), 'null')}, not {wanted}; look at the stored evidence")


def record(value: Json, where: str, names: set[str]) -> Mapping[str, Json]:
    """Read an object with exactly these members."""
    if not isinstance(value, dict):
        raise strange(where, value, "an object")
    if value.keys() != names:
        raise ReplyError(f"{where} has the members {sorted(value)}, not {sorted(names)}; look at the stored evidence")
    return value


def table(value: Json, where: str, read: Read[Item]) -> dict[str, Item]:
    """Read an object with any members, all of one kind."""
    if not isinstance(value, dict):
        raise strange(where, value, "an object")
    return {name: read(member, f"{where}.{name}") for name, member in value.items()}


def items(value: Json, where: str, read: Read[Item]) -> list[Item]:
    """Read a list whose items are all of one kind."""
    if not isinstance(value, list):
        raise strange(where, value, "a list")
    return [read(item, f"{where}[{position}]") for position, item in enumerate(value)]


def text(value: Json, where: str) -> str:
    """Read a string."""
    if not isinstance(value, str):
        raise strange(where, value, "a string")
    return value


def whole(value: Json, where: str, greatest: int = WORD) -> int:
    """Read an integer between 0 and `greatest`; `true` is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= greatest:
        raise strange(where, value, f"a whole number from 0 to {greatest}")
    return value


def decimal(value: Json, where: str) -> int:
    """Read an unsigned 64 bit number spelled as a decimal string (JSON readers round bare ones)."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or int(value) > LONG:
        raise strange(where, value, f"a decimal string from 0 to {LONG}")
    return int(value)


def bytes_in_hex(value: Json, where: str) -> str:
    """Read bytes spelled as lower-case hexadecimal digits."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise strange(where, value, "bytes in lower-case hexadecimal digits")
    return value


def scalar(value: Json, where: str) -> bool | int | str:
    """Read a boolean, a string or a signed 64 bit integer."""
    if isinstance(value, bool | str) or (isinstance(value, int) and abs(value) <= LONG):
        return value
    raise strange(where, value, "a boolean, an integer or a string")


def scalar_or_null(value: Json, where: str) -> bool | int | str | None:
    """Read a boolean, a string, an integer, or null."""
    return None if value is None else scalar(value, where)
