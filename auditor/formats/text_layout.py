"""How lines of the text report are laid out: wrapped, labelled, indented, and safe to show on a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.formats.escape import shortened, visible_lines

LABEL_WIDTH = 6
NOT_REACHED = "NOT REACHED:"
IN_PART = "READ ONLY IN PART:"
WAIVED = "WAIVED"
_BOLD = "1"
_LONGEST_PART = 2000
_COLOURS: Mapping[str, str] = {
    "pass": "32",
    "WARN": "33",
    "FAIL": "31",
    "ERROR": "35",
    WAIVED: "36",
    NOT_REACHED: "1;35",
    IN_PART: "35",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The width of a line, and whether labels are coloured."""

    is_coloured: bool
    width: int

    def labelled(self, label: str, text: str) -> Iterator[str]:
        """Yield the lines of a text behind a label."""
        first, *rest = self.wrapped(f"  {label:<{LABEL_WIDTH}} ", text)
        yield first.replace(label, self.painted(label, _COLOURS.get(label, "")), 1)
        yield from rest

    def part(self, label: str, text: str) -> Iterator[str]:
        """Yield the lines of a part of a finding, nothing for one without text."""
        if text:
            yield from self.wrapped(f"{'':{LABEL_WIDTH + 3}}{label:<9} ", text)

    def heading(self, text: str) -> Iterator[str]:
        """Yield the lines of a heading."""
        for line in self.wrapped("", text):
            yield self.painted(line, _BOLD)

    def wrapped(self, start: str, text: str) -> Sequence[str]:
        """Return the lines of a text from a server or a policy: nothing in it can begin a line of the report."""
        return _wrapped(start, text, self.width)

    def painted(self, text: str, code: str) -> str:
        """Return the text in the colour, or as it is."""
        return f"\033[{code}m{text}\033[0m" if code and self.is_coloured else text


@lru_cache(maxsize=1024)
def _wrapped(start: str, text: str, width: int) -> tuple[str, ...]:
    """Return the lines; those of a text that many servers have in common are laid out once."""
    return tuple(_folded(start, text, width))


def _folded(start: str, text: str, width: int) -> Iterator[str]:
    indent = " " * (len(start) or 2)
    for line in visible_lines(shortened(text, _LONGEST_PART)):
        rest = line.rstrip(" ")
        while len(rest) > (room := max(width - len(start), 1)):
            cut = _cut(rest, room)
            yield start + rest[:cut].rstrip(" ")
            start, rest = indent, rest[cut:].lstrip(" ")
        yield start + rest
        start = indent


def _cut(text: str, room: int) -> int:
    """Return how much of a text stands on a line with room for less than all of it.

    It is cut at a space, but a word that is too long for any line begins on this one. That is how the standard
    library's `textwrap` does it, which takes too long for hundreds of thousands of changes.
    """
    space = text.rfind(" ", 0, room + 1)
    end = text.find(" ", space + 1)
    word = (len(text) if end < 0 else end) - space - 1
    return room if word > room else space
