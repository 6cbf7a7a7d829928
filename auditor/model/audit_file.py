"""An audit file: the options of `auditor run` in one file, for the job that runs every night."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.model.value import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFile:
    """What the file says; empty or None where it says nothing. Paths are absolute.

    `timeout` and `deadline` are in seconds. `fail_on` are the texts that a gate is read from; `store` is a database
    URL, `notify` are URLs or references to them.
    """

    policies: tuple[str, ...] = ()
    inventory: str = ""
    hosts: tuple[str, ...] = ()
    inputs: Mapping[str, Value] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    out: str = ""
    fail_on: tuple[str, ...] = ()
    min_coverage: str = ""
    waivers: str = ""
    waiver_warning: str = ""
    against: str = ""
    store: str = ""
    notify: tuple[str, ...] = ()
    log: str = ""
    log_format: str = ""
    jobs: int | None = None
    timeout: int | None = None
    deadline: int | None = None
    retries: int | None = None
    executor: str = ""
