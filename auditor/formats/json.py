"""`run.json`: the whole run for programs, described by `auditor schema run`, and read back by `auditor.runs`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from textwrap import indent
from typing import Any

from auditor.formats.format import Format
from auditor.model.drift import Change, Drift
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import SCHEMA, Coverage, Host, JudgedPolicy, Run
from auditor.model.waiver import WaiverNotes

_BLANKS = "  "


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHead:
    """Which run this is: times in UTC (ISO 8601 with `Z`), the auditor's version, the gate, whether it was stopped."""

    id: str
    started: str
    finished: str
    version: str
    evidence_of: str
    fail_on: str
    min_coverage: str
    interrupted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDocument:
    """A run as it stands in `run.json`; the schema is generated from this class.

    `waivers` is what is to be said of the waivers themselves; `drift` is null when no run was compared.
    """

    schema: str
    run: RunHead
    policies: tuple[JudgedPolicy, ...]
    hosts: tuple[Host, ...]
    findings: tuple[Finding, ...]
    waivers: WaiverNotes
    drift: Drift | None
    coverage: Coverage
    summary: Mapping[Verdict, int]
    exit_code: int
    exit_reason: str


def document_of(run: Run) -> RunDocument:
    """Return the document of a run, everything in its one order."""
    head = {field.name: getattr(run, field.name) for field in fields(RunHead)}
    return RunDocument(
        schema=SCHEMA,
        run=RunHead(**head),
        policies=tuple(sorted(run.policies, key=lambda policy: (policy.id, policy.version, policy.digest))),
        hosts=tuple(sorted(run.hosts, key=lambda host: host.name)),
        findings=tuple(sorted(run.findings, key=order)),
        waivers=run.waivers,
        drift=run.drift and replace(run.drift, changes=tuple(sorted(run.drift.changes, key=_change_order))),
        coverage=run.coverage,
        summary={verdict: run.summary[verdict] for verdict in Verdict},
        exit_code=run.exit_code,
        exit_reason=run.exit_reason,
    )


def run_of(document: RunDocument) -> Run:
    """Return the run of a document; `run_of(document_of(run)) == run` for a run in its one order."""
    head = {field.name: getattr(document.run, field.name) for field in fields(RunHead)}
    return Run(
        **head,
        policies=document.policies,
        hosts=document.hosts,
        findings=document.findings,
        waivers=document.waivers,
        drift=document.drift,
        coverage=document.coverage,
        summary={verdict.value: count for verdict, count in document.summary.items()},
        exit_code=document.exit_code,
        exit_reason=document.exit_reason,
    )


def _change_order(change: Change) -> tuple[str, str, str, str, str]:
    return change.host, change.policy, change.check, change.kind, change.text


def _render(run: Run) -> Iterator[bytes]:
    yield from _members(document_of(run), 0)
    yield b"\n"


def _members(value: Any, depth: int) -> Iterator[bytes]:
    """Yield a dataclass, its lists one item at a time, so that a fleet's findings are never held twice."""
    separator = "{"
    for field in fields(value):
        yield f'{separator}\n{_BLANKS * (depth + 1)}"{field.name}": '.encode("ascii")
        member = getattr(value, field.name)
        if is_dataclass(member):
            yield from _members(member, depth + 1)
        else:
            yield from _items(member, depth + 1) if isinstance(member, tuple) else (_nested(member, depth + 1),)
        separator = ","
    yield f"\n{_BLANKS * depth}}}".encode("ascii")


def _items(values: tuple[Any, ...], depth: int) -> Iterator[bytes]:
    separator = "["
    for value in values:
        yield f"{separator}\n{_BLANKS * (depth + 1)}".encode("ascii") + _nested(value, depth + 1)
        separator = ","
    yield f"\n{_BLANKS * depth}]".encode("ascii") if values else b"[]"


def _nested(value: Any, depth: int) -> bytes:
    # ASCII escapes lone surrogates and everything that changes how a terminal shows text; DEL is the one ASCII
    # control that JSON (RFC 8259 section 7) lets stand
    text = json.dumps(_plain(value), indent=2, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")
    return indent(text, _BLANKS * depth).lstrip().encode("ascii")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        # the verdicts keep the order of their enum, free keys are sorted
        keys = value if all(isinstance(key, Verdict) for key in value) else sorted(value)
        return {str(key): _plain(value[key]) for key in keys}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


FORMAT = Format(name="json", filename="run.json", render=_render)
