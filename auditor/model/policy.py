"""A policy: what should be true, for which servers, why, and how bad if not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from auditor.model.value import Value, ValueType


class Severity(StrEnum):
    """How bad a deviation is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Level(StrEnum):
    """What a deviation becomes: a failing finding, or a warning that fails no gate unless asked to."""

    FAIL = "fail"
    WARNING = "warning"


class Scope(StrEnum):
    """What a check is about: each server by itself, or the whole fleet at once."""

    SERVER = "server"
    FLEET = "fleet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The document that demands the state."""

    document: str
    date: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A value the site gives: by `--input`, inventory group or host; `default` is None when it must be given."""

    name: str
    type: ValueType
    default: Value | None = None
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InputReference:
    """`${name}` in a check's parameters: the value of the input."""

    name: str


Parameters: TypeAlias = Mapping[str, Value]
Template: TypeAlias = Mapping[str, Value | InputReference]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One fact, one matcher, one operand: `type: {equals: REG_DWORD}`."""

    fact: str
    matcher: str
    operand: Value | tuple[Value, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeCondition:
    """Holds when the probe's facts meet the expectations; `reason` says why not, and may name `{facts}`."""

    probe: str
    parameters: Template = field(default_factory=dict)
    expect: tuple[Expectation, ...]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InputCondition:
    """Holds when the input's value meets the expectation (whose `fact` is the input's name)."""

    input: str
    expect: Expectation
    reason: str


Condition: TypeAlias = ProbeCondition | InputCondition


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """A deviation that is only a warning: met when all of `expect` hold; `reason` says why it is tolerated."""

    expect: tuple[Expectation, ...]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One expected state.

    For `scope` server, `expect` must hold. For `scope` fleet, the facts named in `agree_on` must be the
    same on all servers the policy applies to. `mappings` names the requirements of other documents that the check
    answers to: document, for example `NIST SP 800-53 Rev. 5`, to their ids there. `line` is where the check stands in
    the policy file.
    """

    id: str
    title: str
    severity: Severity
    level: Level = Level.FAIL
    scope: Scope = Scope.SERVER
    probe: str
    parameters: Template = field(default_factory=dict)
    applies_when: tuple[Condition, ...] = ()
    expect: tuple[Expectation, ...] = ()
    warn_when: Tolerance | None = None
    agree_on: tuple[str, ...] = ()
    rationale: str
    remediation: str
    reference: str
    mappings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A policy file, read; `digest` is `sha256:` and the hex digest of its bytes, `text` these bytes decoded."""

    id: str
    version: str
    title: str
    source: Source
    inputs: tuple[Input, ...] = ()
    applies_when: tuple[Condition, ...] = ()
    checks: tuple[Check, ...]
    digest: str = ""
    path: str = ""
    text: str = ""
