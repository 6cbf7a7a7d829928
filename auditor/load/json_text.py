"""JSON text (RFC 8259) -> plain values with positions; duplicate keys and what is not JSON are problems."""

import re
from bisect import bisect_right
from json import JSONDecodeError, loads
from math import isfinite

from auditor.load.parsed import MAX_DEPTH, MAX_NODES, Parsed, Position
from auditor.load.problem import Steps
from auditor.model.value import Json

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"true|false|null")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_DIGITS = 20


def read_json(text: str) -> Parsed:
    """Return the value in the text; never raises, but lists problems."""
    reader = _Reader(text)
    try:
        reader.parsed.value = reader.value((), 0)
        reader.expect("", "there is text after the end of the value")
        reader.parsed.is_whole = True
    except JSONDecodeError as error:
        reader.parsed.report(reader.position(error.pos), (), f"this is not JSON: {error.msg}")
    return reader.parsed


class _Reader:
    """Walks the text once; raises `JSONDecodeError` at the first place that cannot be read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.parsed = Parsed()
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]

    def position(self, at: int) -> Position:
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def next(self) -> str:
        """Skip white space and return the next character, empty at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def value(self, steps: Steps, depth: int) -> Json:
        letter = self.next()
        self.parsed.values[steps] = self.position(self.at)
        if depth > MAX_DEPTH:
            raise JSONDecodeError(f"nested more than {MAX_DEPTH} deep; make it flatter", self.text, self.at)
        if len(self.parsed.values) > MAX_NODES:
            raise JSONDecodeError(f"more than {MAX_NODES} values; split the file", self.text, self.at)
        match letter:
            case "{":
                return self._object(steps, depth)
            case "[":
                return self._list(steps, depth)
            case '"':
                return self._string(steps)
            case _:
                return self._word()

    def _object(self, steps: Steps, depth: int) -> dict[str, Json]:
        values: dict[str, Json] = {}
        self.at += 1
        while self.next() != "}" or values:
            start = self.at
            name = self._name()
            fresh = self.parsed.enter_key((*steps, name), self.position(start))
            self.expect(":", "':' is missing after a key")
            found = self.value((*steps, name), depth + 1)
            if fresh:
                values[name] = found
            if self.next() == "}":
                break
            self.expect(",", "',' or '}' is missing")
        self.at += 1
        return values

    def _list(self, steps: Steps, depth: int) -> list[Json]:
        values: list[Json] = []
        self.at += 1
        while self.next() != "]" or values:
            values.append(self.value((*steps, len(values)), depth + 1))
            if self.next() == "]":
                break
            self.expect(",", "',' or ']' is missing")
        self.at += 1
        return values

    def expect(self, letter: str, text: str) -> None:
        """Step over the character, empty for the end; raise `JSONDecodeError` when it does not stand here."""
        if self.next() != letter:
            raise JSONDecodeError(text, self.text, self.at)
        self.at += len(letter)

    def _name(self) -> str:
        if self.next() != '"':
            raise JSONDecodeError("a key in double quotes is missing", self.text, self.at)
        return self._quoted()

    def _string(self, steps: Steps) -> str:
        text = self._quoted()
        self.parsed.check_text(text, self.parsed.values[steps], steps)
        return text

    def _quoted(self) -> str:
        found = _STRING.match(self.text, self.at)
        if not found:
            raise JSONDecodeError("a text does not end, or holds a control character", self.text, self.at)
        start, self.at = self.at, found.end()
        try:
            return str(loads(found[0]))
        except JSONDecodeError as error:
            raise JSONDecodeError(error.msg, self.text, start + error.pos) from None

    def _word(self) -> Json:
        if word := _WORD.match(self.text, self.at):
            self.at = word.end()
            return _WORDS[word[0]]
        number = _NUMBER.match(self.text, self.at)
        if not number:
            raise JSONDecodeError("a value is missing", self.text, self.at)
        start, self.at = self.at, number.end()
        if number[2] or number[3]:
            return self._fraction(number[0], start)
        if len(number[1].lstrip("-")) > _DIGITS:
            raise JSONDecodeError("a number is larger than any 64-bit integer", self.text, start)
        return int(number[1])

    def _fraction(self, text: str, start: int) -> float:
        number = float(text)
        if not isfinite(number):
            raise JSONDecodeError("a number is larger than any that can be kept", self.text, start)
        return number
