r"""WMI questions on a simulated server: three classes of root\cimv2, and WQL conditions of the simplest kind.

A condition that is not understood fails, it never selects nothing: no rows would be a statement about the server.
Class properties are those of Microsoft's CIMWin32 reference, as far as they are simulated.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from auditor.lab.clock import to_dmtf
from auditor.lab.state import RawAnswer, ServerState
from auditor.model.question import Question
from auditor.model.value import Json

Row: TypeAlias = Mapping[str, Json]
_LITERAL = r"""'((?:[^'\\]|\\.)*)'|(\d+)|(true|false)"""
_TERM = re.compile(rf"(\w+)\s*(<>|!=|=)\s*(?:{_LITERAL})", re.IGNORECASE)
_JUNCTION = re.compile(r"""\b(and|or)\b(?=(?:[^'\\]|\\.|'(?:[^'\\]|\\.)*')*$)""", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")


class QueryError(Exception):
    """The query names what the class does not have, or is beyond what is simulated; the message is the reason."""


def wmi(state: ServerState, question: Question) -> RawAnswer:
    """Answer a `wmi` question."""
    if question["namespace"].lower().replace("/", "\\") != "root\\cimv2":
        return {"state": "absent", "what": "namespace"}
    simulated = {name.lower(): found for name, found in CLASSES.items()}.get(question["class"].lower())
    if simulated is None:
        return {"state": "absent", "what": "class"}
    try:
        rows = _select(simulated, state, question["properties"].split(","), question["where"])
    except QueryError as error:
        return {"state": "failed", "reason": str(error)}
    return {"state": "observed", "data": {"rows": rows}}


def _select(simulated: "Class", state: ServerState, names: list[str], where: str) -> list[Json]:
    columns = [simulated.column(name.strip()) for name in names]
    condition = Condition.of(simulated, where)
    rows = simulated.rows(state)
    return [{column: row[column] for column in columns} for row in rows if condition.holds(row)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Class:
    """A simulated class: its properties, and its instances on a server."""

    properties: tuple[str, ...]
    rows: Callable[[ServerState], Iterator[Row]]

    def column(self, name: str) -> str:
        """Return the property as the class spells it; raises `QueryError`."""
        for known in self.properties:
            if known.lower() == name.lower():
                return known
        raise QueryError(f"ManagementException InvalidQuery 0x80041017: the class has no property {name!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """`property = literal`, or its negation."""

    column: str
    literal: str | int | bool
    negated: bool

    def holds(self, row: Row) -> bool:
        """Compare as WQL does: text without regard to case, and NULL meets nothing."""
        actual = row[self.column]
        if actual is None:
            return False
        return (_folded(actual) == _folded(self.literal)) != self.negated


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Terms joined by AND in groups joined by OR; no group at all is met by every row."""

    groups: tuple[tuple[Term, ...], ...]

    @classmethod
    def of(cls, simulated: Class, where: str) -> "Condition":
        """Read a WQL condition; raises `QueryError` for what is not understood."""
        if not where.strip():
            return cls(groups=())
        groups: list[tuple[Term, ...]] = [()]
        words = _split(where)
        for position, word in enumerate(words):
            if position % 2 == 0:
                groups[-1] += (_term(simulated, word, where),)
            elif word.lower() == "or":
                groups.append(())
        return cls(groups=tuple(groups))

    def holds(self, row: Row) -> bool:
        """Tell whether the row meets the condition."""
        return not self.groups or any(all(term.holds(row) for term in group) for group in self.groups)


def _split(where: str) -> list[str]:
    """Return terms at even and `and`/`or` at odd places, blind to what stands in quotes."""
    return [part.strip() for part in _JUNCTION.split(where)]


def _term(simulated: Class, text: str, where: str) -> Term:
    found = _TERM.fullmatch(text)
    if found is None:
        raise QueryError(f"this simulated server does not understand the condition {where!r}")
    name, operator, quoted, number, boolean = found.groups()
    literal: str | int | bool = boolean is not None and boolean.lower() == "true"
    if quoted is not None:
        literal = _ESCAPE.sub(r"\1", quoted)
    elif number is not None:
        literal = int(number)
    return Term(column=simulated.column(name), literal=literal, negated=operator != "=")


def _folded(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value


def _processes(state: ServerState) -> Iterator[Row]:
    for process in state.processes:
        yield {
            "Name": process.name,
            "Caption": process.name,
            "ProcessId": process.process_id,
            "Handle": str(process.process_id),
            "CommandLine": process.command_line or None,
            "CreationDate": to_dmtf(process.started, state.utc_offset),
        }


def _services(state: ServerState) -> Iterator[Row]:
    for service in state.services:
        running = service.process_id != 0
        yield {
            "Name": service.name,
            "ProcessId": service.process_id,
            "Started": running,
            "State": "Running" if running else "Stopped",
            "StartMode": service.start_mode,
        }


def _operating_system(state: ServerState) -> Iterator[Row]:
    yield {
        "Caption": state.os.caption,
        "Version": state.os.version,
        "BuildNumber": state.os.version.rsplit(".", maxsplit=1)[-1],
        "ServicePackMajorVersion": state.os.service_pack,
        "CSName": state.computer,
        "CurrentTimeZone": state.utc_offset,
        "LastBootUpTime": to_dmtf(state.boot, state.utc_offset),
        "LocalDateTime": to_dmtf(state.now, state.utc_offset),
    }


CLASSES: Mapping[str, Class] = {
    "Win32_Process": Class(
        properties=("Name", "Caption", "ProcessId", "Handle", "CommandLine", "CreationDate"),
        rows=_processes,
    ),
    "Win32_Service": Class(
        properties=("Name", "ProcessId", "Started", "State", "StartMode"),
        rows=_services,
    ),
    "Win32_OperatingSystem": Class(
        properties=(
            "Caption",
            "Version",
            "BuildNumber",
            "ServicePackMajorVersion",
            "CSName",
            "CurrentTimeZone",
            "LastBootUpTime",
            "LocalDateTime",
        ),
        rows=_operating_system,
    ),
}
r"""The simulated classes of root\cimv2."""
