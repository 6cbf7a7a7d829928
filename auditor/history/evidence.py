"""Evidence by content: each answer stored once, each server's list of answers once as long as it hardly changes.

A manifest is a server's evidence without what differs every time: who, which questions, the number of each answer. A
visit is one run's evidence of one server: its manifest, the few answers that differ from it, when and how long.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Table, delete, insert, select

from auditor import evidence_store
from auditor.history.records import StoreError
from auditor.history.shelf import Shelf
from auditor.history.tables import ANSWERS, LATEST, MANIFESTS, QUESTIONS, RUNS, VISITS, add, chunks
from auditor.model.evidence import Evidence

Stored: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[int, int]
"""The number of a question and that of its answer."""

_TOGETHER = 100
_SMALL = 120
_CHANGING = ("collected", "timings", "exchanges")
_CLOCK = "now"
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))  # made once: making it takes longer than using it


@dataclass(frozen=True, slots=True)
class _Sorted:
    """One server's evidence taken apart."""

    head: Stored
    changing: Stored
    pairs: tuple[Pair, ...]


def record_evidence(connection: Connection, run: int, evidence: Iterable[Evidence]) -> None:
    """Store the evidence of a run; what was stored of this run before is replaced, unless there is none now."""
    desk = _Desk(connection)
    parts = chunks(evidence, _TOGETHER)
    for number, part in enumerate(parts):
        if number == 0:
            connection.execute(delete(VISITS).where(VISITS.c.run == run))
        content = pack(canonical(desk.visits(part)))
        connection.execute(insert(VISITS).values(run=run, part=number, content=content))


def read_evidence(connection: Connection, run_id: str) -> Iterator[Evidence]:
    """Yield the evidence of a run in the order in which it was stored; raises `StoreError` when there is none."""
    query = select(VISITS.c.content).join(RUNS, RUNS.c.key == VISITS.c.run).where(RUNS.c.id == run_id)
    parts = connection.execute(query.order_by(VISITS.c.part)).scalars().all()
    if not parts:
        raise StoreError(f"history holds no evidence of a run {run_id!r}: it never did, or it is pruned")
    for part in parts:
        yield from _evidence(connection, json.loads(unpack(part)))


def manifests_in(content: bytes) -> Iterator[tuple[int, Sequence[int]]]:
    """Yield what visits rest on: the number of each manifest, and the answers besides those of the manifest."""
    for visit in json.loads(unpack(content)):
        yield visit["manifest"], [answer for _, answer in visit["instead"]]


def answers_in(content: bytes) -> list[int]:
    """Return the numbers of the answers of a manifest."""
    return [answer for _, answer in json.loads(unpack(content))["pairs"]]


def canonical(value: Any) -> bytes:
    """Return the one spelling of a JSON value."""
    return _CANONICAL.encode(value).encode("ascii")


def pack(content: bytes) -> bytes:
    """Return JSON bytes as they are stored: as they are when short, else compressed (zlib, RFC 1950)."""
    return content if len(content) < _SMALL else zlib.compress(content)


def unpack(stored: bytes) -> bytes:
    """Return the JSON bytes again; JSON never begins with the 0x78 of zlib."""
    return zlib.decompress(stored) if stored[:1] == b"\x78" else stored


class _Desk:
    """Where the evidence of one run is taken apart."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._questions = Shelf(connection, QUESTIONS, QUESTIONS.c.digest)
        self._answers = Shelf(connection, ANSWERS, ANSWERS.c.digest)
        self._manifests = Shelf(connection, MANIFESTS, MANIFESTS.c.digest)

    def visits(self, part: Iterable[Evidence]) -> list[Stored]:
        """Return the visits to some servers; what they rest on is stored."""
        parts = self._sorted([json.loads(evidence_store.write(evidence)) for evidence in part])
        latest = self._latest([each.head["server"] for each in parts])
        instead = [_instead(each, latest.get(each.head["server"])) for each in parts]
        fresh = iter(self._new_manifests([each for each, alike in zip(parts, instead, strict=True) if alike is None]))
        return [
            {"manifest": next(fresh), "instead": [], **each.changing}
            if alike is None
            else {"manifest": latest[each.head["server"]][0], "instead": alike, **each.changing}
            for each, alike in zip(parts, instead, strict=True)
        ]

    def _sorted(self, stored: Sequence[Stored]) -> list[_Sorted]:
        answers = [{question: canonical(answer) for question, answer in each["answers"].items()} for each in stored]
        # servers are asked the same, and many answer the same: each text is digested once
        named = {content: _named(content) for content in dict.fromkeys(chain.from_iterable(map(dict.values, answers)))}
        contents = {digest: content for content, digest in named.items()}
        numbers = self._answers.numbers(contents, lambda digest: {"content": pack(contents[digest])})
        asked = {name: _named(name.encode("ascii")) for name in dict.fromkeys(chain.from_iterable(answers))}
        spellings = {digest: name for name, digest in asked.items()}
        questions = self._questions.numbers(spellings, lambda digest: {"spelling": spellings[digest]})
        found = []
        for evidence, spelled in zip(stored, answers, strict=True):
            pairs = [(questions[asked[name]], numbers[named[content]]) for name, content in spelled.items()]
            found.append(_taken_apart(evidence, tuple(sorted(pairs))))
        return found

    def _latest(self, hosts: Sequence[str]) -> Mapping[str, tuple[int, Stored]]:
        query = (
            select(LATEST.c.host, MANIFESTS.c.key, MANIFESTS.c.content)
            .join(MANIFESTS, MANIFESTS.c.key == LATEST.c.manifest)
            .where(LATEST.c.host.in_(hosts))
        )
        return {host: (key, json.loads(unpack(content))) for host, key, content in self._connection.execute(query)}

    def _new_manifests(self, fresh: Sequence[_Sorted]) -> list[int]:
        """Store manifests and return the number of each; they are what later visits differ from."""
        contents = [canonical({"head": each.head, "pairs": each.pairs}) for each in fresh]
        digests = [_named(content) for content in contents]
        packed = {digest: pack(content) for digest, content in zip(digests, contents, strict=True)}
        numbers = self._manifests.numbers(packed, lambda digest: {"content": packed[digest]})
        newest = {each.head["server"]: numbers[digest] for each, digest in zip(fresh, digests, strict=True)}
        self._connection.execute(delete(LATEST).where(LATEST.c.host.in_(newest)))
        add(self._connection, LATEST, ({"host": host, "manifest": number} for host, number in newest.items()))
        return [numbers[digest] for digest in digests]


def _named(content: bytes) -> bytes:
    return sha256(content).digest()


def _taken_apart(evidence: Stored, pairs: tuple[Pair, ...]) -> _Sorted:
    platform = dict(evidence["platform"])
    changing = {name: evidence[name] for name in _CHANGING} | {"clock": platform.pop(_CLOCK, None)}
    head = {name: value for name, value in evidence.items() if name not in (*_CHANGING, "answers")}
    return _Sorted(head | {"platform": platform}, changing, pairs)


def _instead(each: _Sorted, latest: tuple[int, Stored] | None) -> list[Pair] | None:
    """Return the answers that differ from a manifest's, or None when a new manifest is the better way to say it."""
    if latest is None:
        return None
    manifest = latest[1]
    before = dict(manifest["pairs"])
    same_questions = before.keys() == dict(each.pairs).keys()
    if each.head != manifest["head"] or not same_questions:
        return None
    differing = [(question, answer) for question, answer in each.pairs if before[question] != answer]
    return differing if len(differing) <= max(2, len(before) // 10) else None


def _evidence(connection: Connection, visits: Sequence[Stored]) -> Iterator[Evidence]:
    manifests = _contents(connection, MANIFESTS, {visit["manifest"] for visit in visits})
    pairs = [dict(manifests[visit["manifest"]]["pairs"]) | dict(visit["instead"]) for visit in visits]
    answers = _contents(connection, ANSWERS, {answer for each in pairs for answer in each.values()})
    questions = _column(connection, QUESTIONS, QUESTIONS.c.spelling, {question for each in pairs for question in each})
    for visit, numbers in zip(visits, pairs, strict=True):
        head = manifests[visit["manifest"]]["head"]
        clock = {} if visit["clock"] is None else {_CLOCK: visit["clock"]}
        whole = head | {name: visit[name] for name in _CHANGING} | {"platform": head["platform"] | clock}
        whole["answers"] = {questions[question]: answers[answer] for question, answer in numbers.items()}
        yield evidence_store.read(json.dumps(whole))


def _contents(connection: Connection, table: Table, keys: Iterable[int]) -> Mapping[int, Any]:
    return {
        key: json.loads(unpack(content)) for key, content in _column(connection, table, table.c.content, keys).items()
    }


def _column(connection: Connection, table: Table, column: Column[Any], keys: Iterable[int]) -> Mapping[int, Any]:
    found: dict[int, Any] = {}
    for chunk in chunks(keys):
        query = select(table.c.key, column).where(table.c.key.in_(chunk))
        found.update((key, value) for key, value in connection.execute(query))
    return found
