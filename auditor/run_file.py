"""`run.json` -> run. A fleet's findings are made while the text is parsed, so that it is never held as plain JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, NoReturn

from auditor.formats.json import RunDocument, run_of
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.run import SCHEMA, Run
from auditor.schema.dataclasses import value_of

_FIELDS = frozenset(field.name for field in fields(Finding))
_FINDINGS = "findings"
_SHARED = ("host", "policy", "check", "title", "expected", "reason", "reference", "remediation")
"""Texts that many findings have in common; each is held once."""
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "level": {str(each): each for each in Level},
    "severity": {str(each): each for each in Severity},
    "verdict": {str(each): each for each in Verdict},
}


def parse_run(content: bytes) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else."""
    try:
        document = json.loads(content, parse_constant=_refuse_constant, object_hook=_findings_from())
    except RecursionError:
        raise ValueError("nested too deeply for a run") from None
    if not isinstance(document, dict):
        return run_of(value_of(RunDocument, document))
    if (schema := document.get("schema")) != SCHEMA:
        raise ValueError(f"schema {schema!r} is not {SCHEMA}, the only one this version reads")
    found = document.get(_FINDINGS)
    if not isinstance(found, list):
        return run_of(value_of(RunDocument, document))
    run = run_of(value_of(RunDocument, document | {_FINDINGS: []}))
    return replace(run, findings=tuple(_finding(each, f"$.{_FINDINGS}[{place}]") for place, each in enumerate(found)))


def _finding(made: Any, path: str) -> Finding:
    """Return what was made a finding already; anything else is refused with the place where it is wrong."""
    return made if isinstance(made, Finding) else value_of(Finding, made, path)


def _findings_from() -> Callable[[dict[str, Any]], Any]:
    """Return a hook for the parser that makes findings of objects that are some, and leaves everything else."""
    kept = _Texts()

    def made(data: dict[str, Any]) -> Any:
        if data.keys() != _FIELDS or data["waiver"] is not None or type(data["actual"]) is not str:
            return data
        try:
            shared: dict[str, Any] = {name: kept[data[name]] for name in _SHARED}
            members = {name: values[data[name]] for name, values in _MEMBERS.items()}
            questions = tuple([kept[each] for each in _list(data["questions"])])
        except (LookupError, TypeError):
            return data  # whoever is told no finds out what is wrong
        return Finding(**shared, **members, actual=data["actual"], questions=questions)

    return made


class _Texts(dict[Any, str]):
    """Texts by themselves: what is no text is not there, and a text that comes again is the one that came first."""

    def __missing__(self, key: Any) -> str:
        if type(key) is not str:
            raise LookupError
        return self.setdefault(key, key)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
