"""The parts of the text report about other runs and about waivers: what changed and whose change it is, the notes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields

from auditor.formats.text_layout import Layout
from auditor.model.drift import Change, ChangeKind, Drift
from auditor.model.finding import FLEET
from auditor.model.waiver import WaiverNotes

_KINDS = tuple(ChangeKind)


def changes(drift: Drift, layout: Layout) -> Iterator[str]:
    """Yield what changed against another run, by kind, each with whose change it is."""
    ordered = sorted(drift.changes, key=_order)
    numbers = Counter(change.kind for change in ordered)
    counted = ", ".join(f"{number} {_words(kind)}" for kind, number in numbers.items()) or "none"
    yield from layout.heading(f"changes against {drift.against}")
    yield from layout.wrapped("  ", counted)
    for change in ordered:
        yield from _change(change, layout)
    for note in drift.notes:
        yield from layout.labelled("note:", note)


def waiver_notes(notes: WaiverNotes, layout: Layout) -> Iterator[str]:
    """Yield what is to be said of the waivers, nothing where there is nothing."""
    told = [(field.name, said) for field in fields(notes) for said in getattr(notes, field.name)]
    if told:
        yield from layout.heading("waivers")
    for name, said in told:
        yield from layout.labelled(f"{name.replace('_', ' ')}:", said)


def _order(change: Change) -> tuple[int, str, str, str, str]:
    return _KINDS.index(change.kind), change.host, change.policy, change.check, change.text


def _change(change: Change, layout: Layout) -> Iterator[str]:
    # the sentence of a change has what it was, what it is, since when, and whose change it is
    place = f"{change.check} on {_host(change.host)}" if change.check else _host(change.host)
    yield from layout.labelled(f"{_words(change.kind)}:", f"{place}: {change.text}")


def _host(name: str) -> str:
    return "the fleet" if name == FLEET else name


def _words(kind: ChangeKind) -> str:
    return kind.replace("_", " ")
