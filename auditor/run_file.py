"""`run.json` -> run. The findings of a fleet are never held: they are read part by part, and put aside.

That takes the layout in which this program writes (`auditor.run_layout`). Any other layout is JSON as well and is read
whole, as are files that are damaged, to say where.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from io import BytesIO
from operator import itemgetter
from typing import Any, BinaryIO, NoReturn

from auditor.formats.json import RunDocument, run_of
from auditor.model.finding import Finding, Findings, Verdict
from auditor.model.run import SCHEMA, Run
from auditor.model.stating import Stating
from auditor.run_layout import BEGIN, END, Parts, stating_of
from auditor.schema.dataclasses import value_of
from auditor.spool import Spool

_FIELDS = len(fields(Finding))
_FINDINGS = "findings"
_VERDICTS: Mapping[str, Verdict] = {str(each): each for each in Verdict}

_shared = itemgetter("policy", "check", "title", "level", "severity", "expected", "reference", "remediation")

_READ = {"read": "in parts"}
_STAND_IN = b'{"read": "in parts"'
"""What stands in the list when its findings have been taken out of it; the brace at its end is left there."""


def parse_run(content: bytes) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else."""
    return read_run_file(BytesIO(content))


def read_run_file(file: BinaryIO) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else.

    The file is read to its end, and not needed any more.
    """
    try:
        return _run_of(*_in_parts(file))
    except ValueError:  # another layout, or no run at all: whoever reads it whole can tell
        file.seek(0)
        return _run_of(*_whole(file.read()))


def _run_of(document: Any, findings: Findings) -> Run:
    return replace(run_of(value_of(RunDocument, document)), findings=findings)


def _whole(content: bytes) -> tuple[Any, Findings]:
    """Return the document without findings, and these; raise `ValueError` for what is no run of this version."""
    document, spool = _parsed(content, _Maker()), Spool()
    if not isinstance(document, dict):
        return document, spool.findings()
    if (schema := document.get("schema")) != SCHEMA:
        raise ValueError(f"schema {schema!r} is not {SCHEMA}, the only one this version reads")
    found = document.get(_FINDINGS)
    if not isinstance(found, list):
        return document, spool.findings()
    spool.add(_finding(each, f"$.{_FINDINGS}[{place}]") for place, each in enumerate(found))
    return document | {_FINDINGS: []}, spool.findings()


def _in_parts(file: BinaryIO) -> tuple[Any, Findings]:
    """Return the same as `_whole`, and hold a part of the file at once; raise `ValueError` where that cannot be."""
    parts, spool = Parts(file), Spool()
    head = parts.head()
    for findings in parts.findings():
        spool.add(findings)
    document = _parsed(b"%b%b%b" % (head + BEGIN, _STAND_IN, END + parts.rest()))
    # were it not the document's own and only list that was found, the document would have another
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or document.get(_FINDINGS) != [_READ]:
        raise ValueError("another layout")
    return document | {_FINDINGS: []}, spool.findings()


def _parsed(content: bytes, made: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    try:
        return json.loads(content, parse_constant=_refuse_constant, object_hook=made)
    except RecursionError:
        raise ValueError("nested too deeply for a run") from None


def _finding(made: Any, path: str) -> Finding:
    """Return what was made a finding already; anything else is refused with the place where it is wrong."""
    return made if isinstance(made, Finding) else value_of(Finding, made, path)


class _Maker:
    """What the parser does with each object: a finding without a waiver becomes one, all else is left as it is.

    What the findings of one check have in common, and the questions of many, are held once.
    """

    def __init__(self) -> None:
        self._states: dict[tuple[Any, ...], Stating] = {}
        self._questions: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def __call__(self, data: dict[str, Any]) -> Any:
        # with as many members as a finding has, and each of these among them, there is no other
        if len(data) != _FIELDS:
            return data
        try:
            return self._finding(data)
        except (LookupError, TypeError):
            return data  # it may be waived, or wrong: whoever looks at it closely can tell

    def _finding(self, data: dict[str, Any]) -> Finding:
        shared, asked = _shared(data), tuple(_list(data["questions"]))
        state = self._states.get(shared) or self._new_state(shared)
        questions = self._questions.get(asked) or self._new_questions(asked)
        host, actual, reason = data["host"], data["actual"], data["reason"]
        if not (type(host) is type(actual) is type(reason) is str) or data["waiver"] is not None:
            raise TypeError
        return state(host, _VERDICTS[data["verdict"]], actual, reason, questions, None)

    def _new_state(self, shared: tuple[Any, ...]) -> Stating:
        self._states[shared] = stating_of(*map(_text, shared))
        return self._states[shared]

    def _new_questions(self, asked: tuple[Any, ...]) -> tuple[str, ...]:
        self._questions[asked] = tuple(map(_text, asked))
        return self._questions[asked]


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
