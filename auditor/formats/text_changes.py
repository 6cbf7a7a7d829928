"""The parts of the text report about other runs and about waivers: what changed and whose change it is, the notes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from typing import TypeAlias

from auditor.formats.text_layout import Layout
from auditor.model.drift import Change, ChangeKind, Drift
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Verdict
from auditor.model.run import Host
from auditor.model.waiver import WaiverNotes

_KINDS = tuple(ChangeKind)
_Naming: TypeAlias = Callable[[Change], str]


def changes(drift: Drift, hosts: Iterable[Host], layout: Layout) -> Iterator[str]:
    """Yield what changed against another run, by kind, each with whose change it is.

    What is the same for many checks of a server is told once: that it was not reached, and what deviates as before.
    """
    yield from layout.heading(f"changes against {drift.against}" if drift.against else "changes")
    ordered = sorted(drift.changes, key=_order)
    numbers = Counter(change.kind for change in ordered)
    counted = ", ".join(f"{number} {_words(kind)}" for kind, number in numbers.items()) or "none"
    yield from layout.wrapped("  ", counted) if drift.against else ()
    silent = {host.name: host.reason for host in hosts if host.status is Status.UNREACHABLE}
    several = len({change.policy for change in ordered if change.policy}) > 1
    for (kind, host), alike in groupby(ordered, key=lambda change: (change.kind, change.host)):
        for told in _told(list(alike), silent.get(host), _full_name if several else _short_name):
            yield from layout.labelled(f"{_words(kind)}:", told)
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


def _told(alike: Sequence[Change], silent: str | None, name: _Naming) -> Iterator[str]:
    """Yield the sentences on changes of one kind on one server; `silent` says why it was not reached, if it was not."""
    host, kind = alike[0].host, alike[0].kind
    if kind is ChangeKind.NEWLY_UNKNOWN and silent is not None:
        before = ", ".join(f"{name(each)} ({_words(each.before.verdict)})" for each in alike if each.before)
        yield f"{host} is not reached any more: {silent}"
        yield f"on {host}, before: {before}"
        return
    steady = [each for each in alike if _is_steady(each)]
    for since, together in groupby(sorted(steady, key=lambda each: each.since), key=lambda each: each.since):
        yield f"on {_place(host)} since {since}: {', '.join(map(name, together))}"
    # the sentence of a change has what it was, what it is, since when, and whose change it is
    for each in alike:
        if not _is_steady(each):
            yield f"{name(each)} on {_place(host)}: {each.text}" if each.check else f"{_place(host)}: {each.text}"


def _is_steady(change: Change) -> bool:
    return change.kind is ChangeKind.STILL_DEVIATING and not change.causes


def _short_name(change: Change) -> str:
    return change.check


def _full_name(change: Change) -> str:
    return f"{change.policy}/{change.check}"


def _place(host: str) -> str:
    return "the fleet" if host == FLEET else host


def _words(kind: ChangeKind | Verdict) -> str:
    return kind.replace("_", " ")
