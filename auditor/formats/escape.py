r"""Text from servers made harmless to look at: what does not show, or changes how others show, becomes `\uXXXX`."""

import re

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls: terminal escapes begin with them; most are illegal in XML 1.0
    "\xad\u061c\u180e\u200b-\u200f"  # soft hyphen, zero width characters, left-to-right and right-to-left marks
    "\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # separators, bidirectional embeddings and isolates, annotations
    "\ud800-\udfff"  # lone surrogates: Windows names can hold them, UTF-8 and XML cannot
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "\U000e0000-\U000e007f"  # tags
    "]"
)


def visible(text: str) -> str:
    r"""Return the text on one line, with every hidden character as `\uXXXX` (`\UXXXXXXXX` above U+FFFF).

    The result is printable, is legal XML 1.0 (section 2.2, Char) and encodes to UTF-8. A text that holds
    such a spelling already is not told apart from the character; `run.json` keeps the exact text.
    """
    # whatever is hidden is not printable, and to ask that is ten times as fast; a fleet has millions of such texts
    return text if text.isprintable() else _HIDDEN.sub(_spelling, text)


def visible_lines(text: str) -> list[str]:
    """Return the lines of a text (ended by LF or CR LF), each as `visible` shows it."""
    return [visible(line) for line in text.replace("\r\n", "\n").split("\n")]


def shortened(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text, and how many are left out if any are."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}... ({len(text) - limit} more characters, see run.json)"


def _spelling(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
