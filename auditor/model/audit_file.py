"""An audit file: the options of `auditor run` in one file, for the job that runs every night."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.model.run import FailOn
from auditor.model.value import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFile:
    """What the file says; empty or None where it says nothing. Paths are absolute; `timeout` is in seconds."""

    policies: tuple[str, ...] = ()
    inventory: str = ""
    hosts: tuple[str, ...] = ()
    inputs: Mapping[str, Value] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    out: str = ""
    fail_on: FailOn | None = None
    jobs: int | None = None
    timeout: int | None = None
