"""`run.json` -> run. The findings of a fleet are never held: they are read part by part, and put aside.

That takes the layout in which this program writes (`auditor.formats.json`): each finding begins on a line of its own.
Any other layout is JSON as well and is read whole, as are files that are damaged, to say where.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from io import BytesIO
from operator import itemgetter
from typing import Any, BinaryIO, NoReturn

from auditor.formats.json import RunDocument, run_of
from auditor.model.finding import Finding, Findings, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.run import SCHEMA, Run
from auditor.model.stating import Stating, stating
from auditor.model.waiver import WaiverMark
from auditor.schema.dataclasses import value_of
from auditor.spool import Spool

_FIELDS = len(fields(Finding))
_MARK = {each.name for each in fields(WaiverMark)}
_FINDINGS = "findings"
_LEVELS: Mapping[str, Level] = {str(each): each for each in Level}
_SEVERITIES: Mapping[str, Severity] = {str(each): each for each in Severity}
_VERDICTS: Mapping[str, Verdict] = {str(each): each for each in Verdict}

_shared = itemgetter("policy", "check", "title", "level", "severity", "expected", "reference", "remediation")

_BEGIN = b'\n  "findings": ['
_BETWEEN = b"\n    },\n"
_END = b"\n  ]"
_READ = "in parts"
_STAND_IN = b'"in parts"'
"""What stands in the list when its findings have been taken out of it."""

_PART = 1 << 20
"""Bytes that are read at once."""


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
    document, spool = _parsed(content, _Maker(with_marks=False)), Spool()
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
    parts = _Parts(file)
    spool, head = Spool(), parts.head()
    for part in parts.findings():
        # texts are held once within a part: a fleet has more of them than should be held
        spool.add([_finding(each, "$") for each in _parsed(b"[%b]" % part, _Maker(with_marks=True))])
    document = _parsed(b"%b%b%b" % (head + _BEGIN, _STAND_IN, _END + parts.rest()), _Maker(with_marks=False))
    # were it not the document's own and only list that was found, the document would have another
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or document.get(_FINDINGS) != [_READ]:
        raise ValueError("another layout")
    return document | {_FINDINGS: []}, spool.findings()


class _Parts:
    """A file in our layout. No line of it begins within a text: in JSON a text has no line feed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting = b""

    def head(self) -> bytes:
        """Return what stands before the findings."""
        while (place := self._waiting.find(_BEGIN)) < 0:
            self._more()
        head = self._waiting[:place]
        self._waiting = self._waiting[place + len(_BEGIN) :]
        return head

    def findings(self) -> Iterator[bytes]:
        """Yield the findings, many at once, without the brackets around them."""
        while (end := self._waiting.find(_END)) < 0:
            if (place := self._waiting.rfind(_BETWEEN)) > 0:
                yield self._waiting[: place + len(_BETWEEN) - len(b",\n")]
                self._waiting = self._waiting[place + len(_BETWEEN) :]
            self._more()
        yield self._waiting[:end]
        self._waiting = self._waiting[end + len(_END) :]

    def rest(self) -> bytes:
        """Return what stands behind the findings."""
        return self._waiting + self._file.read()

    def _more(self) -> None:
        more = self._file.read(_PART)
        if not more:
            raise ValueError("another layout")
        self._waiting += more


def _parsed(content: bytes, made: Callable[[dict[str, Any]], Any]) -> Any:
    try:
        return json.loads(content, parse_constant=_refuse_constant, object_hook=made)
    except RecursionError:
        raise ValueError("nested too deeply for a run") from None


def _finding(made: Any, path: str) -> Finding:
    """Return what was made a finding already; anything else is refused with the place where it is wrong."""
    return made if isinstance(made, Finding) else value_of(Finding, made, path)


def _mark_or_as_it_is(data: dict[str, Any]) -> Any:
    return WaiverMark(**data) if all(type(text) is str for text in data.values()) else data


class _Maker:
    """What the parser does with each object: one that is a finding becomes one, everything else is left as it is.

    What the findings of one check have in common, and the questions of many, are held once.
    """

    def __init__(self, *, with_marks: bool) -> None:
        self._with_marks = with_marks
        self._states: dict[tuple[Any, ...], Stating] = {}
        self._questions: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def __call__(self, data: dict[str, Any]) -> Any:
        # with as many members as a finding has, and each of these among them, there is no other
        if len(data) != _FIELDS:
            return _mark_or_as_it_is(data) if self._with_marks and data.keys() == _MARK else data
        try:
            return self._finding(data)
        except (LookupError, TypeError):
            return data  # whoever is told no finds out what is wrong

    def _finding(self, data: dict[str, Any]) -> Finding:
        shared, asked = _shared(data), tuple(_list(data["questions"]))
        state = self._states.get(shared) or self._new_state(shared)
        questions = self._questions.get(asked) or self._new_questions(asked)
        host, actual, reason, waiver = data["host"], data["actual"], data["reason"], data["waiver"]
        if not (type(host) is type(actual) is type(reason) is str) or not isinstance(waiver, WaiverMark | None):
            raise TypeError
        return state(host, _VERDICTS[data["verdict"]], actual, reason, questions, waiver)

    def _new_state(self, shared: tuple[Any, ...]) -> Stating:
        policy, check, title, level, severity, *others = shared
        expected, reference, remediation = map(_text, others)
        self._states[shared] = stating(
            policy=_text(policy),
            check=_text(check),
            title=_text(title),
            level=_LEVELS[level],
            severity=_SEVERITIES[severity],
            expected=expected,
            reference=reference,
            remediation=remediation,
        )
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
