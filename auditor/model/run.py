"""A run: one audit, whole: servers, policies with digests, findings, coverage, counts, exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.evidence import Status
from auditor.model.finding import Finding
from auditor.model.policy import Source

SCHEMA = "auditor-run/1"


class FailOn(StrEnum):
    """The gate: the least that makes a run end as not compliant; `never` keeps findings from failing it at all."""

    FAIL = "fail"
    WARNING = "warning"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedPolicy:
    """A policy as it was judged by."""

    id: str
    version: str
    title: str
    digest: str
    source: Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A server of the run, reached or not; `timings` are seconds per phase, `exchanges` HTTP exchanges."""

    name: str
    groups: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    status: Status
    reason: str = ""
    platform: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    exchanges: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How much of what was planned is known: servers read of planned, checks judged of planned."""

    servers_planned: int
    servers_judged: int
    checks_planned: int
    checks_judged: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One audit. Times are UTC, ISO 8601 with `Z`; `evidence_of` is the run whose evidence was judged again."""

    id: str
    started: str
    finished: str
    version: str
    evidence_of: str = ""
    fail_on: FailOn
    policies: tuple[JudgedPolicy, ...]
    hosts: tuple[Host, ...]
    findings: tuple[Finding, ...]
    coverage: Coverage
    summary: Mapping[str, int]
    exit_code: int
    exit_reason: str
