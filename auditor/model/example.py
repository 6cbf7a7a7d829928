"""An example of a policy: a named situation, and the verdicts that the checks must give in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.model.finding import Verdict
from auditor.model.policy import Parameters
from auditor.model.probe import Reading
from auditor.model.value import Json, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenReading:
    """What a probe is to read; `parameters` are those it is to be asked with, empty for whatever it is asked with."""

    probe: str
    parameters: Parameters = field(default_factory=dict)
    reading: Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFacts:
    """A situation in the words of the probes' facts."""

    readings: tuple[GivenReading, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenServer:
    """A situation as a server of the simulated fleet, written out as in a scenario file."""

    server: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenScenario:
    """A situation as a named server of a scenario (`scenario` is a shipped name or an absolute path)."""

    scenario: str
    server: str


Situation: TypeAlias = GivenFacts | GivenServer | GivenScenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A situation on one server or, for checks of scope fleet, on several.

    `expect` has the verdict by check id, on the first server; `reason_contains` a part of the reason by check id.
    """

    name: str
    situations: tuple[Situation, ...]
    inputs: Mapping[str, Value] = field(default_factory=dict)
    expect: Mapping[str, Verdict]
    reason_contains: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
