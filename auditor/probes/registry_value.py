"""What a registry value is: present or not, its exact type, its data."""

from functools import lru_cache
from typing import Any

from auditor.model.answer import Absent, Answers, answer_to
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Parameter, Probe, Reading
from auditor.model.question import Question
from auditor.model.unfrozen import unfrozen
from auditor.model.value import Json, Value, ValueType, show
from auditor.probes.registry_path import checked_view, split_key
from auditor.probes.unknown import UnusableError, usable
from auditor.readers import registry_value

TYPES = (
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
)
_KNOWN = frozenset(TYPES)
_Filling = unfrozen(Facts)
"""Most checks ask this probe, so its facts are made in the quick way."""


def _question(parameters: Parameters) -> Question:
    return _asked(str(parameters["key"]), str(parameters["name"]), str(parameters["view"]))


@lru_cache(maxsize=10_000)
def _asked(place: str, name: str, view: str) -> Question:
    """Return the question; servers are asked the same."""
    hive, key = split_key(place)
    return registry_value.registry_value(hive=hive, key=key, name=name, view=checked_view(view))


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    return (_question(parameters),)


def _read(parameters: Parameters, answers: Answers) -> Reading:
    question, name = _question(parameters), str(parameters["name"]) or "(Default)"
    match answer_to(answers, question):
        case Absent(what="key"):
            return _absent(f"registry key {_key(question)} is absent", key_present=False)
        case Absent(what="value"):
            return _absent(f"{name} is absent from {_key(question)}", key_present=True)
        case answer:
            try:
                return _present(name, usable(question, answer))
            except UnusableError as unusable:
                return unusable.not_known


def _present(name: str, data: dict[str, Json]) -> Facts:
    kind = data.get("type")
    value = _typed(data.get("data"))
    if not isinstance(kind, str) or kind not in _KNOWN or value is None:
        raise UnusableError(f"{name} has a type or data that is not understood: {kind!r}")
    values: dict[str, Value] = {
        "key_present": True,
        "present": True,
        "type": kind,
        "value": value,
        "nonzero_dword": kind == "REG_DWORD" and value != 0,
    }
    facts: Any = _Filling()
    facts.values = values
    facts.summary = f"{name} is {kind} {show(value)}"
    facts.__class__ = Facts
    return facts  # type: ignore[no-any-return]  # they are now


def _absent(summary: str, *, key_present: bool) -> Facts:
    values = {"key_present": key_present, "present": False, "nonzero_dword": False}
    return Facts(values=values, summary=summary)


def _typed(data: Json) -> Value | None:
    match data:
        case int() | str():
            return None if isinstance(data, bool) else data
        case [*items] if all(isinstance(item, str) for item in items):
            return tuple(str(item) for item in items)
        case _:
            return None


def _key(question: Question) -> str:
    return f"{question['hive']}\\{question['key']}"


PROBE = Probe(
    name="registry_value",
    summary="A registry value: whether it is there, its exact type, its data.",
    parameters=(
        Parameter(
            name="key", type=ValueType.STRING, description=r"The key, e.g. `HKLM\SYSTEM\CurrentControlSet\Control`."
        ),
        Parameter(
            name="name", type=ValueType.STRING, default="", description="The value's name; empty for the default value."
        ),
        Parameter(name="view", type=ValueType.STRING, default="64", description="The registry view, `64` or `32`."),
    ),
    facts=(
        Fact(name="key_present", type=ValueType.BOOLEAN, description="The key is there."),
        Fact(name="present", type=ValueType.BOOLEAN, description="The value is there."),
        Fact(name="type", type=ValueType.STRING, choices=TYPES, description="Its type; missing when it is absent."),
        Fact(
            name="value",
            type=ValueType.ANY,
            description="Its data: an integer (DWORD, QWORD; unsigned), a string (unexpanded), strings (MULTI_SZ), or "
            "lower-case hexadecimal digits (BINARY, NONE and others); missing when it is absent.",
        ),
        Fact(
            name="nonzero_dword",
            type=ValueType.BOOLEAN,
            description="It is a REG_DWORD other than 0: what programs that read a boolean take for true.",
        ),
    ),
    questions=_questions,
    read=_read,
)
