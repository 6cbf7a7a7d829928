"""The contract of a probe: parameters -> questions; answers -> typed facts. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.question import Question
from auditor.model.value import Value, ValueType


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of a probe; `default` is None when the policy must give it."""

    name: str
    type: ValueType
    description: str
    default: Value | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One fact a probe can state; `choices`, when there are any, are all the values it can have."""

    name: str
    type: ValueType
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the probe knows: typed values (a fact that makes no sense here is left out) and one sentence."""

    values: Mapping[str, Value]
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotKnown:
    """What the probe would need is missing, denied, failed or contradictory; `reason` says which and why."""

    reason: str


Reading: TypeAlias = Facts | NotKnown


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A named way to know something.

    `questions` raises `ParameterError` for a value that makes no sense; `read` never raises for any answers
    and gives `NotKnown` for all that it does not understand.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    facts: tuple[Fact, ...]
    questions: Callable[[Parameters], tuple[Question, ...]]
    read: Callable[[Parameters, Answers], Reading]
