"""`run.json`: the whole run for programs, described by `auditor schema run`, and read back by `auditor.runs`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

from auditor.formats.format import Format, one_file
from auditor.formats.json_text import BLANKS, Pieces, harmless, items, margin, members, quoted, text
from auditor.model.drift import Change, Drift
from auditor.model.finding import Finding, Verdict, in_order
from auditor.model.run import SCHEMA, Coverage, Host, JudgedPolicy, Run
from auditor.model.stating import SHARED, shared_by
from auditor.model.waiver import WaiverNotes

_CHECKS = 10_000
"""Checks of which is kept how their findings are written, since most of each is the same on every server."""


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
    findings: Sequence[Finding]
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
        findings=in_order(run.findings),
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
    yield from written(document_of(run))
    yield b"\n"


def written(value: Any, depth: int = 0) -> Iterator[bytes]:
    """Yield a dataclass as JSON, its lists one item at a time, so that a fleet's findings are never held twice."""
    yield from members({field.name: _member(getattr(value, field.name), depth + 1) for field in fields(value)}, depth)


def _member(value: Any, depth: int) -> Any:
    if is_dataclass(value):
        return Pieces(written(value, depth))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Pieces(items(value, depth, _block))
    return Pieces((_block(value, depth),))


def _block(value: Any, depth: int) -> bytes:
    told = _finding if isinstance(value, Finding) else _text
    return harmless(told(value, margin(depth))).encode("ascii")


def _text(value: Any, before: str) -> str:
    """Return a value as it stands on lines of its own; `before` is a line feed and the blanks of its first line."""
    # what there is most of comes first
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    deeper = before + BLANKS
    if isinstance(value, tuple):
        return f"[{','.join([deeper + _text(item, deeper) for item in value])}{before}]" if value else "[]"
    if is_dataclass(value):
        form, values = _form(value.__class__, before)
        return form % tuple([quoted(each) if isinstance(each, str) else _text(each, deeper) for each in values(value)])
    if isinstance(value, Mapping) and value:
        # the verdicts keep the order of their enum, free keys are sorted
        keys = value if all(isinstance(key, Verdict) for key in value) else sorted(value)
        members_of = [f"{deeper}{quoted(key)}: {_text(value[key], deeper)}" for key in keys]
        return f"{{{','.join(members_of)}{before}}}"
    return text(value)


def _finding(finding: Finding, before: str) -> str:
    own = [quoted(finding.host), quoted(finding.verdict), quoted(finding.actual), quoted(finding.reason)]
    questions = _questions(finding.questions, before + BLANKS)
    return _finding_form(shared_by(finding), before) % (*own, questions, _text(finding.waiver, before + BLANKS))


@lru_cache(maxsize=_CHECKS)
def _finding_form(shared: tuple[str, ...], before: str) -> str:
    """Return how findings are written that share this, with a %s for each value of their own."""
    said = dict(zip(SHARED, shared, strict=True))
    values = [quoted(said[name]).replace("%", "%%") if name in said else "%s" for name in _names(Finding)]
    return _form(Finding, before)[0] % tuple(values)


@lru_cache(maxsize=_CHECKS)
def _questions(questions: tuple[str, ...], before: str) -> str:
    return _text(questions, before)


@cache
def _form(kind: type, before: str) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    """Return how a dataclass is written, with a %s for each of its values, and what gives these."""
    names = _names(kind)
    lines = ",".join(f"{before}{BLANKS}{quoted(name)}: %s" for name in names)
    return f"{{{lines}{before}}}", attrgetter(*names)


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


FORMAT = Format(
    name="json",
    reader="programs; the auditor itself reads it back",
    filename="run.json",
    files=one_file("run.json", _render),
)
