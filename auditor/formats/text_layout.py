"""How lines of the text report are laid out: wrapped, labelled, indented, and safe to show on a terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import TextWrapper

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

    def wrapped(self, start: str, text: str) -> Iterator[str]:
        """Yield the lines of a text from a server or a policy: nothing in it can begin a line of the report."""
        wrapper = TextWrapper(width=self.width, subsequent_indent=" " * (len(start) or 2), break_on_hyphens=False)
        for number, line in enumerate(visible_lines(shortened(text, _LONGEST_PART))):
            wrapper.initial_indent = wrapper.subsequent_indent if number else start
            yield from wrapper.wrap(line) or [wrapper.initial_indent]

    def painted(self, text: str, code: str) -> str:
        """Return the text in the colour, or as it is."""
        return f"\033[{code}m{text}\033[0m" if code and self.is_coloured else text
