"""`run.json`: the whole run for programs, described by `auditor schema run`, and read back by `auditor.runs`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from textwrap import indent
from typing import Any

from auditor.formats.format import Format
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import SCHEMA, Coverage, FailOn, Host, JudgedPolicy, Run


@dataclass(frozen=True, kw_only=True, slots=True)
class RunHead:
    """Which run this is: times in UTC (ISO 8601 with `Z`), the auditor's version, the gate."""

    id: str
    started: str
    finished: str
    version: str
    evidence_of: str
    fail_on: FailOn


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDocument:
    """A run as it stands in `run.json`; the schema is generated from this class."""

    schema: str
    run: RunHead
    policies: tuple[JudgedPolicy, ...]
    hosts: tuple[Host, ...]
    findings: tuple[Finding, ...]
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
        coverage=document.coverage,
        summary={verdict.value: count for verdict, count in document.summary.items()},
        exit_code=document.exit_code,
        exit_reason=document.exit_reason,
    )


def _render(run: Run) -> Iterator[bytes]:
    document = document_of(run)
    separator = "{\n"
    for field in fields(document):
        value = getattr(document, field.name)
        yield f'{separator}  "{field.name}": '.encode("ascii")
        yield from _items(value) if isinstance(value, tuple) else (_nested(value, 1),)
        separator = ",\n"
    yield b"\n}\n"


def _items(values: tuple[Any, ...]) -> Iterator[bytes]:
    """Yield a list one item at a time, so that a fleet's findings are never held twice."""
    separator = b"[\n    "
    for value in values:
        yield separator + _nested(value, 2)
        separator = b",\n    "
    yield b"\n  ]" if values else b"[]"


def _nested(value: Any, depth: int) -> bytes:
    # ASCII escapes lone surrogates and everything that changes how a terminal shows text; DEL is the one ASCII
    # control that JSON (RFC 8259 section 7) lets stand
    text = json.dumps(_plain(value), indent=2, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")
    return indent(text, "  " * depth).lstrip().encode("ascii")


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
