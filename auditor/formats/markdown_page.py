"""A page that must not get too long: sections of entries, of which what does not fit is counted and told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LIMIT = 60_000
"""Bytes of a page: a comment on GitHub takes 65,536 characters, a step summary 1 MiB."""

_ENDING = 2_500
"""Bytes kept for what is left out, and for the end of the page."""

_SHARE = 5_000
"""Bytes that each section is sure of, whatever stands before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading and its entries, the worst first; `what` names several of them."""

    heading: str
    entries: list[str]
    what: str
    intro: str = ""


@dataclass(slots=True)
class Page:
    """What was written so far."""

    limit: int = LIMIT
    _parts: list[str] = field(default_factory=list)
    _size: int = 0
    _cut: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Write a paragraph, a heading, a table."""
        self._parts.append(text)
        self._size += len(text.encode()) + 2

    def add_sections(self, sections: Iterable[Section]) -> None:
        """Write the sections that have anything to say."""
        wanted = [section for section in sections if section.entries]
        for place, section in enumerate(wanted, start=1):
            kept = _ENDING + _SHARE * (len(wanted) - place)
            self._section(section, max(self.limit - kept - self._size, _SHARE // 2))

    def end(self, last: str) -> Iterator[bytes]:
        """Yield the page, with what is left out told before its last paragraph."""
        if self._cut:
            self.add("## Left out")
            self.add(f"This page holds at most {self.limit} bytes. Left out: {'; '.join(self._cut)}.")
        self.add(last)
        yield ("\n\n".join(self._parts) + "\n").encode()

    def _section(self, section: Section, room: int) -> None:
        self.add(f"## {section.heading}")
        if section.intro:
            self.add(section.intro)
        room -= len(section.heading) + len(section.intro.encode()) + 10
        shown: list[str] = []
        for entry in section.entries:
            room -= len(entry.encode()) + 1
            if room < 0:
                break
            shown.append(entry)
        if shown:
            self.add("\n".join(shown))
        if left := len(section.entries) - len(shown):
            self._cut.append(f"{left} of {len(section.entries)} {section.what}")
            self.add(f"{left} more {section.what} are left out here.")
