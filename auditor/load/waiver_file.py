"""New entries in a file of waivers: lines are put in, every other byte of the file stays as it is."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import DocumentError, UsageError
from auditor.load.document import load_document
from auditor.load.scalars import is_text
from auditor.load.waivers import load_waivers
from auditor.model.policy import Policy
from auditor.model.waiver import Waiver

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 ._/-]*(?<! )", re.ASCII)
_NEW = "waivers:\n"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def existing_waivers(path: Path, policies: Sequence[Policy], today: date) -> tuple[Waiver, ...]:
    """Return the waivers of a file, none for one that is not there or holds comments only; raises `DocumentError`."""
    return load_waivers(path, policies, today) if _has_content(path) else ()


def add_waivers(path: Path, entries: Sequence[Waiver], policies: Sequence[Policy], today: date) -> None:
    """Append entries to a file of waivers, which is made when it is missing and replaced at once.

    Raises `UsageError`, or `DocumentError` for a file that was wrong before, and leaves the file as it was, unless the
    new text reads back as the old waivers and these.
    """
    place = path.resolve()  # a link stays a link
    if place.is_dir():
        raise UsageError(f"{path} is a folder; name a file in it with --file")
    if place.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{path} is no YAML file by its name; name one that ends in .yaml")
    before = existing_waivers(place, policies, today)
    old = place.read_bytes() if place.is_file() else b""
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        _write(fresh, with_entries(place, old, entries), place)
        _check(fresh, place, [*before, *entries], policies, today)
        if (place.read_bytes() if place.is_file() else b"") != old:
            raise UsageError(f"{path} was changed by someone else in this moment; nothing is written, run this again")
        fresh.replace(place)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); check the folder's permissions") from error
    finally:
        fresh.unlink(missing_ok=True)


def with_entries(path: Path, old: bytes, entries: Sequence[Waiver]) -> bytes:
    """Return the file's bytes with the entries behind the last one; `path` is for messages."""
    text = old.decode("utf-8")
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    if not _has_content(path):
        lines.append(_NEW.replace("\n", newline))
        where, indent = len(lines), 2
    else:
        where, indent = _end_of_list(path, lines)
    added = [" " * indent + line + newline for entry in entries for line in _lines(entry)]
    return "".join([*lines[:where], *added, *lines[where:]]).encode("utf-8")


def _has_content(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return True  # whoever loads it says what is wrong
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _end_of_list(path: Path, lines: list[str]) -> tuple[int, int]:
    """Return the number of lines up to the end of the last waiver, and the column of the list's hyphens.

    `waivers: []` loses its brackets.
    """
    top: Any = yaml.compose(load_document(path).text, Loader=_LOADER)
    waivers = next(value for key, value in top.value if key.value == "waivers")
    if waivers.flow_style:
        line, column = waivers.start_mark.line, waivers.start_mark.column
        if top.flow_style or waivers.value or lines[line][column : column + 2] != "[]":
            raise UsageError(f"{path}: the waivers stand in brackets; write each on lines of its own, behind a hyphen")
        lines[line] = lines[line][:column].rstrip() + lines[line][column + 2 :]
        return line + 1, 2
    end = _last(waivers).end_mark
    # a block of text (`|`) ends where the next line begins
    return (end.line if end.column == 0 else end.line + 1), waivers.start_mark.column


def _last(node: Any) -> Any:
    """Return the part of a node that ends last and knows where: a scalar, or a collection in brackets."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _lines(waiver: Waiver) -> Iterator[str]:
    parts = {
        "id": _scalar(waiver.id),
        "policy": _scalar(waiver.policy),
        "checks": _list(waiver.checks),
        "hosts": _list(waiver.hosts),
        "groups": _list(waiver.groups),
        "owner": _scalar(waiver.owner),
        "reason": _scalar(waiver.reason),
        "ticket": _scalar(waiver.ticket),
        "expires": json.dumps(waiver.expires),
        "zone": _scalar(waiver.zone),
        "accepted": _scalar(waiver.accepted),
    }
    written = [(name, text) for name, text in parts.items() if getattr(waiver, name)]
    for number, (name, text) in enumerate(written):
        yield f"{'  ' if number else '- '}{name}: {text}"


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_scalar(text) for text in texts)}]"


def _scalar(text: str) -> str:
    """Return the text as YAML: bare where every reader takes it for text, else in double quotes (YAML 1.2, 7.3.1)."""
    if _BARE.fullmatch(text) and is_text(text) and text.lower() not in {"y", "n", "yes", "no", "on", "off"}:
        return text
    return "".join(
        letter if letter.isprintable() else _escape(letter) for letter in json.dumps(text, ensure_ascii=False)
    )


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _write(fresh: Path, content: bytes, model: Path) -> None:
    with fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if model.is_file():
        shutil.copymode(model, fresh)


def _check(fresh: Path, place: Path, wanted: Sequence[Waiver], policies: Sequence[Policy], today: date) -> None:
    try:
        found = load_waivers(fresh, policies, today)
    except DocumentError as error:
        told = str(error).replace(str(fresh), str(place)).replace(fresh.name, place.name)
        raise UsageError(f"this would not be right, so nothing is written:\n{told}") from error
    if [_content(waiver) for waiver in found] != [_content(waiver) for waiver in wanted]:
        raise UsageError(
            f"{place}: the entry cannot be written into this file safely; nothing is written, add it by hand"
        )


def _content(waiver: Waiver) -> Waiver:
    return replace(waiver, path="", line=0)
