"""A description and the shape it must have -> everything in it that has another shape, with where it stands. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from auditor.lab.shapes import Items, Or, Record, Shape, Table, Text, Word, fits, refusal
from auditor.load.document import Document
from auditor.load.problem import Problem, Steps


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A value in a document, and the way to it."""

    document: Document
    steps: Steps = field(default=())
    value: Any

    def below(self, step: str | int, value: Any) -> "Place":
        """Return the place of a member or item."""
        return Place(document=self.document, steps=(*self.steps, step), value=value)

    def problem(self, text: str) -> Problem:
        """Return a problem with this value."""
        return self.document.problem(self.steps, text)


def problems(shape: Shape, place: Place) -> Iterator[Problem]:
    """Yield everything in which the value differs from the shape."""
    match shape, place.value:
        case Or(words=words, shape=inner), value if value not in words:
            yield from problems(inner, place)
        case Text() as text, str():
            yield from _text(text, place)
        case Word() as word, _:
            yield from _word(word, place)
        case Items(item=item), list(values):
            for index, value in enumerate(values):
                yield from problems(item, place.below(index, value))
        case Table() as table, dict(values):
            yield from _table(table, place, values)
        case Record() as record, dict(values):
            yield from _record(record, place, values)
        case _:
            if fits(shape, place.value):
                return
            yield place.problem(f"this is {_shown(place.value)}; write {shape.what}")


def _text(text: Text, place: Place) -> Iterator[Problem]:
    if refused := refusal(text.accept, place.value):
        yield place.problem(f"{refused}; write {text.what}")


def _word(word: Word, place: Place) -> Iterator[Problem]:
    if place.value not in word.words:
        hint = _hint(str(place.value), word.words)
        yield place.problem(f"this is {_shown(place.value)}; write {word.what}{hint}")


def _table(table: Table, place: Place, values: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in values.items():
        inner = place.below(key, value)
        if refused := refusal(table.key.accept, key):
            yield place.document.key_problem(inner.steps, f"{refused}; write {table.key.what}")
        yield from problems(table.item, inner)


def _record(record: Record, place: Place, values: Mapping[str, Any]) -> Iterator[Problem]:
    found: list[Problem] = []
    for key, value in values.items():
        inner = place.below(key, value)
        if key in record.fields:
            found.extend(problems(record.fields[key], inner))
        else:
            text = f"the key {key!r} is not known here; the keys are {', '.join(record.fields)}"
            found.append(place.document.key_problem(inner.steps, text + _hint(key, record.fields)))
    missing = sorted(record.required - values.keys())
    found.extend(place.problem(f"the key {key!r} is missing") for key in missing)
    yield from found or _unfit(record, place)


def _unfit(record: Record, place: Place) -> Iterator[Problem]:
    try:
        record.accept(place.value)
    except ValueError as error:
        yield place.problem(str(error))


def _hint(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(value)
