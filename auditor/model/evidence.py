"""Evidence: all questions and answers of one server, with when and how; raw enough to be judged again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.answer import Answers
from auditor.model.value import Value


class Status(StrEnum):
    """How far a server was read."""

    REACHED = "reached"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What one server said.

    `reason` says why it was not (fully) read, empty when reached. `platform` is what the script says of
    itself (PowerShell, CLR, operating system, process bitness, the server's clock). `timings` are seconds
    per phase: connect, authenticate, start, read, transfer, close, those of a server that took several tries
    with `retrying`, and the `total`; `exchanges` counts HTTP exchanges. `policies` are the ids this server was
    asked for, `inputs` the values of the inventory that these policies take.
    """

    server: str
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    inputs: Mapping[str, Value] = field(default_factory=dict)
    status: Status
    reason: str = ""
    collected: str
    collector: str
    transport: str
    platform: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    exchanges: int = 0
