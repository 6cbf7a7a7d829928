"""A run: one audit, whole: servers, policies with digests, findings, coverage, counts, exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.model.drift import Drift
from auditor.model.evidence import Status
from auditor.model.finding import Finding
from auditor.model.policy import Level, Scope, Severity, Source
from auditor.model.waiver import WaiverNotes

SCHEMA = "auditor-run/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedCheck:
    """A check as it was judged by: what it demands, why, and where that stands; see `auditor.model.policy.Check`."""

    id: str
    title: str
    severity: Severity
    level: Level
    scope: Scope
    probe: str
    rationale: str
    remediation: str
    reference: str
    mappings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedPolicy:
    """A policy as it was judged by; `file` is where it stands, or its copy in the run folder."""

    id: str
    version: str
    title: str
    digest: str
    source: Source
    file: str = ""
    checks: tuple[JudgedCheck, ...] = ()


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
    """One audit. Times are UTC, ISO 8601 with `Z`; `evidence_of` is the run whose evidence was judged again.

    `fail_on` and `min_coverage` are the gate in its normal form (`auditor.model.gate`). `interrupted` says that it was
    ended before every server was asked. Findings stand in their one order (`auditor.model.finding.order`); there can be
    a million of them, so whoever reads them goes through them and keeps none.
    """

    id: str
    started: str
    finished: str
    version: str
    evidence_of: str = ""
    fail_on: str
    min_coverage: str = ""
    interrupted: bool = False
    policies: tuple[JudgedPolicy, ...]
    hosts: tuple[Host, ...]
    findings: Sequence[Finding]
    waivers: WaiverNotes = field(default_factory=WaiverNotes)
    drift: Drift | None = None
    coverage: Coverage
    summary: Mapping[str, int]
    exit_code: int
    exit_reason: str

    @property
    def compared(self) -> Drift | None:
        """What changed, where there was a run to compare with: None for a first run, too."""
        return None if self.drift is None or self.drift.is_beginning else self.drift
