"""A finished run -> the short message that people are sent about it: pure, and without anything secret."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from auditor.formats.escape import visible
from auditor.model.drift import ALL_NEW, Change, ChangeKind
from auditor.model.finding import FLEET, Verdict
from auditor.model.run import Run

_SHOWN = 10
_TOLD: tuple[tuple[ChangeKind, str], ...] = (
    (ChangeKind.NEW_DEVIATION, "new"),
    (ChangeKind.RESOLVED, "resolved"),
    (ChangeKind.NEWLY_UNKNOWN, "no longer known"),
    (ChangeKind.KNOWN_AGAIN, "known again"),
    (ChangeKind.VALUE_CHANGED, "another value, same verdict"),
    (ChangeKind.WAIVER_CHANGED, "waiver changed"),
    (ChangeKind.APPLICABILITY_CHANGED, "applies or applies no longer"),
    (ChangeKind.MISSING_SERVER, "server no longer there"),
    (ChangeKind.NEW_SERVER, "new server"),
    (ChangeKind.NEW_CHECK, "new check"),
    (ChangeKind.REMOVED_CHECK, "check no longer there"),
)
_OF_SERVERS = (ChangeKind.NEWLY_UNKNOWN, ChangeKind.KNOWN_AGAIN)
"""Told by server: one that dies takes all its checks along, and is not to hide the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What is sent; plain text."""

    title: str
    body: str


def worth_telling(run: Run) -> bool:
    """Say whether anybody should be told: something changed, or the run did not end as compliant."""
    changes = run.drift.changes if run.drift else ()
    return run.exit_code != 0 or any(change.kind is not ChangeKind.STILL_DEVIATING for change in changes)


def message_of(run: Run, place: str) -> Message:
    """Return what changed, how much is known and why the run ended so; no value of any server is in it.

    `place` says where the report is.
    """
    body = [*_drift(run), *_coverage(run), f"exit code {run.exit_code}: {run.exit_reason}", f"report: {place}"]
    return Message(title=_title(run), body="".join(f"{visible(line)}\n" for line in body))


def _title(run: Run) -> str:
    if run.drift is None or run.drift.is_beginning:
        return f"auditor: exit code {run.exit_code}"
    kinds = Counter(change.kind for change in run.drift.changes)
    new, resolved = kinds[ChangeKind.NEW_DEVIATION], kinds[ChangeKind.RESOLVED]
    return f"auditor: {new} new, {resolved} resolved, exit code {run.exit_code}"


def _drift(run: Run) -> Iterator[str]:
    if run.drift is None:
        yield "not compared with another run"
        return
    if run.drift.is_beginning:
        yield ALL_NEW
        return
    yield f"compared with {run.drift.against}"
    for kind, words in _TOLD:
        changes = [change for change in run.drift.changes if change.kind is kind]
        if changes:
            yield f"{words}: {len(changes)}"
        told = _by_server(changes) if kind in _OF_SERVERS else [_what(change) for change in changes]
        yield from (f"  {line}" for line in told[:_SHOWN])
        if len(told) > _SHOWN:
            yield f"  and {len(told) - _SHOWN} more"
    still = sum(change.kind is ChangeKind.STILL_DEVIATING for change in run.drift.changes)
    yield f"still deviating: {still}"


def _by_server(changes: Sequence[Change]) -> list[str]:
    together = [list(alike) for _, alike in groupby(changes, key=attrgetter("host"))]
    return [
        _what(alike[0]) if len(alike) == 1 else f"{_place(alike[0].host)}: {len(alike)} checks" for alike in together
    ]


def _what(change: Change) -> str:
    host = _place(change.host)
    return f"{host}: {change.policy}/{change.check}" if change.check else host


def _place(host: str) -> str:
    return "all servers together" if host == FLEET else host


def _coverage(run: Run) -> Iterator[str]:
    known = run.coverage
    yield (
        f"coverage: {known.servers_judged} of {known.servers_planned} servers, "
        f"{known.checks_judged} of {known.checks_planned} checks"
    )
    yield "checks: " + ", ".join(f"{run.summary.get(verdict, 0)} {verdict}" for verdict in Verdict)
    notes = (run.waivers.expired, "expired"), (run.waivers.expiring, "soon to expire")
    if said := [f"{len(sentences)} {word}" for sentences, word in notes if sentences]:
        yield f"waivers: {', '.join(said)}"
