"""Evidence <-> one line of JSON: pure, exact both ways, the same evidence always the same line."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

from auditor.errors import RunNotFoundError
from auditor.model.answer import Absent, Answer, Denied, Failed, NotAsked, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.question import parse, spell
from auditor.model.value import Json, Value

VERSION = 1


def write(evidence: Evidence) -> str:
    """Return the line, ASCII, without a line feed."""
    line = {
        "version": VERSION,
        "server": evidence.server,
        "groups": evidence.groups,
        "policies": evidence.policies,
        "inputs": dict(evidence.inputs),
        "status": evidence.status,
        "reason": evidence.reason,
        "collected": evidence.collected,
        "collector": evidence.collector,
        "transport": evidence.transport,
        "platform": dict(evidence.platform),
        "timings": dict(evidence.timings),
        "exchanges": evidence.exchanges,
        "answers": {spell(question): _written(answer) for question, answer in evidence.answers.items()},
    }
    return json.dumps(line, sort_keys=True, separators=(",", ":"))


def read(line: str | bytes) -> Evidence:
    """Return the evidence of a line; raises `RunNotFoundError` for anything else."""
    try:
        stored = json.loads(line)
        version = stored["version"]
        if version == VERSION:
            return _evidence(stored)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunNotFoundError(f"a line of stored evidence is damaged ({error}); collect it again") from error
    raise RunNotFoundError(
        f"stored evidence of version {version!r} cannot be read; this auditor reads version {VERSION}"
    )


def _evidence(stored: Mapping[str, Any]) -> Evidence:
    return Evidence(
        server=_text(stored["server"]),
        groups=_texts(stored["groups"]),
        policies=_texts(stored["policies"]),
        inputs={name: _value(value) for name, value in stored["inputs"].items()},
        status=Status(stored["status"]),
        reason=_text(stored["reason"]),
        collected=_text(stored["collected"]),
        collector=_text(stored["collector"]),
        transport=_text(stored["transport"]),
        platform={name: _text(value) for name, value in stored["platform"].items()},
        timings={name: _number(value) for name, value in stored["timings"].items()},
        exchanges=int(stored["exchanges"]),
        answers={parse(question): _answer(raw) for question, raw in stored["answers"].items()},
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} stands where a text is expected")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{values!r} stands where a list is expected")
    return tuple(map(_text, values))


def _number(value: Any) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} stands where a number is expected")
    return value


def _value(value: Any) -> Value:
    match value:
        case bool() | int() | str():
            return value
        case [*items] if all(isinstance(item, str) for item in items):
            return tuple(items)
        case _:
            raise ValueError("an input is no value")


def _written(answer: Answer) -> Mapping[str, Json]:
    match answer:
        case Observed(data=data):
            return {"state": "observed", "data": data}
        case Absent(what=what):
            return {"state": "absent", "what": what}
        case Denied(reason=reason):
            return {"state": "denied", "reason": reason}
        case Failed(reason=reason):
            return {"state": "failed", "reason": reason}
        case NotAsked():
            return {"state": "not_asked"}
        case _:
            assert_never(answer)


def _answer(raw: Any) -> Answer:
    match raw:
        case {"state": "observed", "data": data}:
            return Observed(data=data)
        case {"state": "absent", "what": str(what)}:
            return Absent(what=what)
        case {"state": "denied", "reason": str(reason)}:
            return Denied(reason=reason)
        case {"state": "failed", "reason": str(reason)}:
            return Failed(reason=reason)
        case {"state": "not_asked"}:
            return NotAsked()
        case _:
            raise ValueError("an answer has no known state")
