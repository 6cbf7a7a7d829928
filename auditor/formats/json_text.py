"""JSON, piece by piece: ASCII, so that lone surrogates and what changes how others show are escaped."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from auditor.formats.escape import visible_lines

BLANKS = "  "
"""What a line is indented by, once for each depth."""

_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False)


quoted = json.encoder.encode_basestring_ascii
"""A text -> the JSON text of it; `text` without the detours, which count where there are millions."""


def margin(depth: int) -> str:
    """Return what stands before a line: a line feed and blanks."""
    return "\n" + BLANKS * depth


def text(value: Any) -> str:
    """Return a JSON text on one line."""
    return harmless(_ENCODER.encode(value))


def block(value: Any, depth: int = 0) -> bytes:
    """Return a JSON text on lines of its own, indented by two, the first line where it stands already."""
    return harmless(_indented(value, margin(depth))).encode("ascii")


def members(pairs: Mapping[str, Any], depth: int = 0) -> Iterator[bytes]:
    """Yield an object; a member that is an iterator of values becomes a list, one item at a time.

    A member that is an iterator of bytes (made by `members` or `items`, one level deeper) stands as it is: pass it as
    `Pieces`.
    """
    separator = "{"
    for name, value in pairs.items():
        yield f"{separator}\n{BLANKS * (depth + 1)}{json.dumps(name)}: ".encode("ascii")
        if isinstance(value, Pieces):
            yield from value.content
        elif isinstance(value, Iterator):
            yield from items(value, depth + 1)
        else:
            yield block(value, depth + 1)
        separator = ","
    yield f"\n{BLANKS * depth}}}".encode("ascii") if pairs else b"{}"


def items(values: Iterable[Any], depth: int = 0, written: Callable[[Any, int], bytes] = block) -> Iterator[bytes]:
    """Yield a list, one item at a time, each as it is `written` at a depth."""
    separator, before = b"[", margin(depth + 1).encode("ascii")
    for value in values:
        if isinstance(value, Pieces):
            yield separator + before
            yield from value.content
        else:
            yield separator + before + written(value, depth + 1)
        separator = b","
    yield f"{margin(depth)}]".encode("ascii") if separator == b"," else b"[]"


class Pieces:
    """A value that is written already, to stand in `members` or `items` as it is."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self.content = content


def shown(said: str) -> str:
    """Return a text as other programs may show it: its lines kept, hidden characters spelled out."""
    return "\n".join(visible_lines(said))


def harmless(written: str) -> str:
    """Return JSON without DEL, the one ASCII control that JSON (RFC 8259 section 7) lets stand."""
    return written.replace("\x7f", "\\u007f")


def _indented(value: Any, before: str) -> str:
    """Return what the encoder writes with an indent, many times as fast; `before` is a line feed and its blanks."""
    if isinstance(value, str):
        return quoted(value)
    if not value:
        return _ENCODER.encode(value)
    deeper = before + BLANKS
    if isinstance(value, dict):
        written = [f"{quoted(name)}: {_indented(member, deeper)}" for name, member in value.items()]
        return f"{{{deeper}{(',' + deeper).join(written)}{before}}}"
    if isinstance(value, list | tuple):
        return f"[{deeper}{(',' + deeper).join([_indented(item, deeper) for item in value])}{before}]"
    return _ENCODER.encode(value)
