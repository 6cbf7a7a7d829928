"""Texts from outside in Markdown: shown as they are, and never taken for markup, a mention, a reference or a link.

GitHub looks for mentions (`@name`), references (`#1`, `GH-1`), links and emoji in what the Markdown came to, where a
backslash no longer helps, but not inside code. So a text that could be any of these stands there as code, in a row of
backticks longer than any of its own (CommonMark 0.31, section 6.1); every other text stands as prose, its punctuation
escaped (section 2.4).
"""

import re

from auditor.formats.escape import shortened, visible

_LONGEST = 400
_NOTHING = "(empty)"
_PUNCTUATION = re.compile(r"([*_\[\]])")
_NEEDS_CODE = re.compile(r"[@#&<>$`~|\\]|://|www\.|:[\w+-]+:|GH-\d|\b[0-9a-f]{7,}\b", re.IGNORECASE)
_TICKS = re.compile("`+")


def prose(text: str, limit: int = _LONGEST) -> str:
    """Return the text, on one line and cut to `limit` characters, as prose where that is safe, else as code."""
    said = _one_line(text, limit)
    return code(said, len(said)) if _NEEDS_CODE.search(said) else _PUNCTUATION.sub(r"\\\1", said)


def code(text: str, limit: int = _LONGEST) -> str:
    """Return the text, on one line and cut to `limit` characters, as code."""
    # a pipe would end the cell of a table, in code as well, and no backslash helps behind another one
    said = _one_line(text, limit).replace("|", "\\u007c")
    fence = "`" * (max((len(ticks) for ticks in _TICKS.findall(said)), default=0) + 1)
    blank = " " if said.startswith("`") or said.endswith("`") else ""
    return f"{fence}{blank}{said}{blank}{fence}"


def _one_line(text: str, limit: int) -> str:
    lines = shortened(text.replace("\r\n", "\n"), limit).split("\n")
    return " / ".join(blanked for line in lines if (blanked := " ".join(visible(line).split()))) or _NOTHING
