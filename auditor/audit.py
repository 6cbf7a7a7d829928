"""The whole flow on one screen: policy -> plan -> collect -> evidence -> evaluate -> findings -> drift -> report."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import TypeAlias

from auditor import __version__, evidence_store
from auditor.bind import bind_inputs
from auditor.compare import Stored, compare
from auditor.errors import ExitCode
from auditor.evaluate import Bench, Ready, judge, ready
from auditor.fleet import Opinion, judge_fleet, opinions
from auditor.formats.format import Format
from auditor.gate import gated
from auditor.model.drift import BEGINNING
from auditor.model.evidence import Evidence
from auditor.model.finding import Findings
from auditor.model.gate import Gate
from auditor.model.moment import show_moment
from auditor.model.planned import Planned
from auditor.model.policy import Check, Policy, Scope
from auditor.model.probe import Probe
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.value import Value
from auditor.model.waiver import Waiver
from auditor.plan import Assignment, plan
from auditor.report import WAIVERS, RunFolder
from auditor.spool import Spool
from auditor.stored_evidence import answers_kept
from auditor.summary import count, coverage
from auditor.waive import waive

Collecting: TypeAlias = Callable[[Iterable[Planned]], Iterator[Evidence]]
Clock: TypeAlias = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be audited: the servers with their policies, the inputs of the command line, waivers, the gate.

    Waivers are judged `as_of` a moment, by default the beginning of the audit; `waiver_files` are the files they stand
    in, by name. Those that expire within `soon` are noted; drift is told `against` a stored run, or the run is the
    beginning of all comparing; `interrupted` is asked when all evidence is in.
    """

    run_id: str
    assignments: tuple[Assignment, ...]
    inputs: Mapping[str, Value]
    probes: Mapping[str, Probe]
    formats: tuple[Format, ...]
    gate: Gate
    waivers: tuple[Waiver, ...] = ()
    waiver_files: Mapping[str, bytes] = field(default_factory=dict)
    as_of: datetime | None = None
    soon: timedelta = timedelta(days=14)
    against: Stored | None = None
    is_beginning: bool = False
    evidence_of: str = ""
    interrupted: Callable[[], bool] = bool

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy that some server is judged by, by id."""
        found = {policy.id: policy for assignment in self.assignments for policy in assignment.policies}
        return tuple(found[name] for name in sorted(found))


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What the servers judged so far came to; nothing of their evidence is kept, and their findings are put aside."""

    policies: tuple[Ready, ...]
    spool: Spool
    hosts: list[Host] = field(default_factory=list)
    given: list[Opinion] = field(default_factory=list)

    def add(self, evidence: Evidence) -> None:
        """Judge a server, and keep its opinions for the checks about the whole fleet."""
        self.hosts.append(_host(evidence))
        pairs = [
            (each, Bench(evidence=evidence, inputs=bind_inputs(each.policy, evidence.inputs)))
            for each in self.policies
            if each.policy.id in evidence.policies
        ]
        self.spool.add(finding for policy, bench in pairs for finding in judge(policy, bench))
        self.given.extend(opinion for policy, bench in pairs for opinion in opinions(policy, bench))

    def findings(self) -> Findings:
        """Return all findings, those about the fleet among them; to be called once, when every server is judged."""
        self.given.sort(key=lambda opinion: opinion.host)
        for each in self.policies:
            self.spool.add(judge_fleet(each, self.given))
        return self.spool.findings()


def audit(ordered: Order, collecting: Collecting, folder: RunFolder, clock: Clock) -> Run:
    """Audit every server once and write the run; the clock gives aware UTC moments.

    Evidence and findings go to the disk server by server, so that a fleet's are never held.
    """
    started = clock()
    planned = plan(ordered.assignments, ordered.inputs, ordered.probes)
    policies = tuple(ready(policy, ordered.probes) for policy in ordered.policies)
    judged = Judged(policies=policies, spool=Spool(folder.path.parent))
    for evidence in collecting(planned):
        folder.add_evidence(evidence_store.write(evidence).encode("ascii"))
        judged.add(evidence)
    keep_policies(ordered.policies, folder)
    keep_waivers(ordered.waiver_files, folder)
    run = conclude(ordered, judged, started, clock())
    run = waived(ordered, run, ordered.as_of or started)
    run = compared(ordered, run, folder)
    run = gated(run, ordered.gate)
    with answers_kept(folder.path) as answers:
        folder.finish(run, ordered.formats, answers)
    return run


def waived(ordered: Order, run: Run, now: datetime) -> Run:
    """Return the run with its deviations marked that a waiver covers, and the notes on the waivers."""
    if not ordered.waivers:
        return run
    outcome = waive(run.findings, ordered.waivers, run.hosts, now.astimezone(UTC), ordered.soon)
    return replace(run, findings=outcome.findings, waivers=outcome.notes)


def compared(ordered: Order, run: Run, folder: RunFolder) -> Run:
    """Return the run with what changed against the run it is compared with."""
    if ordered.is_beginning:
        return replace(run, drift=BEGINNING)
    if ordered.against is None:
        return run
    return replace(run, drift=compare(ordered.against, Stored(run=run, folder=folder.path), ordered.probes))


def conclude(ordered: Order, judged: Judged, started: datetime, finished: datetime) -> Run:
    """Return the run: all findings in order, coverage, counts, exit code."""
    findings = judged.findings()
    hosts = tuple(sorted(judged.hosts, key=lambda host: host.name))
    return Run(
        id=ordered.run_id,
        started=show_moment(started),
        finished=show_moment(finished),
        version=__version__,
        evidence_of=ordered.evidence_of,
        interrupted=ordered.interrupted(),
        fail_on=str(ordered.gate),
        policies=tuple(_judged_policy(policy, again=bool(ordered.evidence_of)) for policy in ordered.policies),
        hosts=hosts,
        findings=findings,
        coverage=coverage(hosts, findings, checks_planned(ordered)),
        summary=count(findings),
        exit_code=ExitCode.NOT_KNOWN,
        exit_reason="not judged by a gate yet",
    )


def checks_planned(ordered: Order) -> int:
    """Return the number of findings there must be: each check on each of its servers, fleet checks once."""
    on_servers = [check for each in ordered.assignments for policy in each.policies for check in policy.checks]
    on_fleet = [check for policy in ordered.policies for check in policy.checks if check.scope is Scope.FLEET]
    return sum(check.scope is Scope.SERVER for check in on_servers) + len(on_fleet)


def keep_policies(policies: Iterable[Policy], folder: RunFolder) -> None:
    """Store the policies as they were judged by, so that the evidence can be judged again as it was."""
    for policy in policies:
        folder.store(kept_as(policy), [policy.text.encode()])


def keep_waivers(files: Mapping[str, bytes], folder: RunFolder) -> None:
    """Store the files of waivers as they were judged by."""
    for name, content in files.items():
        folder.store(f"{WAIVERS}/{name}", [content])


def _host(evidence: Evidence) -> Host:
    return Host(
        name=evidence.server,
        groups=evidence.groups,
        policies=evidence.policies,
        status=evidence.status,
        reason=evidence.reason,
        platform=evidence.platform,
        timings=evidence.timings,
        exchanges=evidence.exchanges,
    )


def _judged_policy(policy: Policy, *, again: bool) -> JudgedPolicy:
    return JudgedPolicy(
        id=policy.id,
        version=policy.version,
        title=policy.title,
        digest=policy.digest,
        source=policy.source,
        file=_place(policy, again=again),
        checks=tuple(_judged_check(check) for check in policy.checks),
    )


def _judged_check(check: Check) -> JudgedCheck:
    return JudgedCheck(**{each.name: getattr(check, each.name) for each in fields(JudgedCheck)})


def _place(policy: Policy, *, again: bool) -> str:
    """Return the policy's file as it was named, or its copy in the run folder: no path of this machine alone.

    What is judged again is judged by such copies, wherever their folder lies.
    """
    named, kept = PurePath(policy.path), kept_as(policy)
    leads_away = named.is_absolute() or ".." in named.parts or not policy.path
    is_copy = again and named.as_posix().endswith(f"/{kept}")
    return kept if leads_away or is_copy else named.as_posix()


def kept_as(policy: Policy) -> str:
    """Return the name of a policy's copy in the run folder."""
    return f"policies/{policy.id}.yaml"
