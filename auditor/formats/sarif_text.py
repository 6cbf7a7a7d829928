"""Texts in a SARIF log: harmless to look at, of bounded length, and never taken for a link or a placeholder."""

import re
from urllib.parse import quote

from auditor.formats.escape import shortened, visible
from auditor.formats.json_text import shown
from auditor.model.finding import FLEET

_LONGEST = 4_000
_LONGEST_NAME = 1_000
_PLACEHOLDER = re.compile(r"\{\d+\}")
_ABSOLUTE = re.compile(r"[A-Za-z]:/")


def said(text: str) -> str:
    """Return a text of a property: its lines kept, hidden characters spelled out, cut when it is very long."""
    is_plain = len(text) <= _LONGEST and text.isprintable()
    return text if is_plain else shown(shortened(text, _LONGEST))


def name(text: str) -> str:
    """Return a text as a name on one line."""
    is_plain = len(text) <= _LONGEST_NAME and text.isprintable()
    return text if is_plain else visible(shortened(text, _LONGEST_NAME))


def place(host: str) -> str:
    """Return what is called by a finding's host."""
    return "all servers together" if host == FLEET else name(host)


def message(*parts: str) -> dict[str, str]:
    """Return a message object (SARIF 2.1.0, 3.11) of the parts that say something, each ended as a sentence."""
    return {"text": _plain(" ".join(_sentence(said(part)) for part in parts if part) or "-")}


def uri(path: str) -> str:
    """Return a file's path as a URI reference; a path that is not relative becomes a `file:` URI."""
    spelled = visible(path.replace("\\", "/"))
    quoted = quote(spelled, safe="/")
    if _ABSOLUTE.match(spelled):
        return f"file:///{quoted.replace('%3A', ':', 1)}"
    return f"file://{quoted}" if spelled.startswith("/") else quoted


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text.rstrip()}."


def _plain(text: str) -> str:
    """Return the text as SARIF writes it where it holds what would be a link (3.11.6) or a placeholder (3.11.5)."""
    if "](" in text:
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    if _PLACEHOLDER.search(text):
        text = text.replace("{", "{{").replace("}", "}}")
    return text
