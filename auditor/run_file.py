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

_FIELDS = len(fields(Finding))
_FINDINGS = "findings"
_LEVELS: Mapping[str, Level] = {str(each): each for each in Level}
_SEVERITIES: Mapping[str, Severity] = {str(each): each for each in Severity}
_VERDICTS: Mapping[str, Verdict] = {str(each): each for each in Verdict}


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
        # with as many members as a finding has, and each of these among them, there is no other
        if len(data) != _FIELDS or data.get("waiver", data) is not None:
            return data
        try:
            return Finding(
                host=kept[data["host"]],
                policy=kept[data["policy"]],
                check=kept[data["check"]],
                title=kept[data["title"]],
                level=_LEVELS[data["level"]],
                severity=_SEVERITIES[data["severity"]],
                verdict=_VERDICTS[data["verdict"]],
                expected=kept[data["expected"]],
                actual=kept[data["actual"]],
                reason=kept[data["reason"]],
                reference=kept[data["reference"]],
                remediation=kept[data["remediation"]],
                questions=tuple([kept[each] for each in _list(data["questions"])]),
            )
        except (LookupError, TypeError):
            return data  # whoever is told no finds out what is wrong

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
