"""`annotations.txt`: what a step of GitHub Actions prints so that its run shows the worst. One annotation a check."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from auditor.errors import ExitCode
from auditor.formats.escape import shortened
from auditor.formats.format import Format, one_file
from auditor.formats.github_command import Annotation, Level, command, enumerated, fitting
from auditor.formats.github_group import KEPT, Group, Grouped, grouped
from auditor.formats.sources import CheckKey, checks_of, mapped_text, source_text
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Standing
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run

_LONGEST = 500
_REST = "Everything is in run.json, and in the other reports of this run."
_LEVELS: Mapping[Standing, tuple[Level, str]] = {
    Standing.FAIL: (Level.ERROR, "fails"),
    Standing.ERROR: (Level.ERROR, "not known"),
    Standing.WARN: (Level.WARNING, "warning"),
    Standing.WAIVED: (Level.NOTICE, "waived"),
}
_WARNED_OF = ("expired", "not_covered")


def _render(run: Run) -> Iterator[bytes]:
    found = grouped(run)
    told = [*_about_run(run, found), *_about_checks(run, found.groups), *_about_waivers(run)]
    for level in Level:
        for annotation in fitting([each for each in told if each.level is level], _REST):
            yield f"{command(annotation)}\n".encode()


def _about_checks(run: Run, groups: Sequence[Group]) -> Iterator[Annotation]:
    policies, checks = {policy.id: policy for policy in run.policies}, checks_of(run)
    for group in groups:
        key: CheckKey = (group.first.policy, group.first.check)
        yield _about_check(group, policies.get(key[0]), checks.get(key))


def _about_check(group: Group, policy: JudgedPolicy | None, check: JudgedCheck | None) -> Annotation:
    first, (level, word) = group.first, _LEVELS[group.standing]
    return Annotation(
        level=level,
        title=f"{first.check}: {shortened(first.title, _LONGEST)} [{first.severity}], {word}",
        text="\n".join(_lines(group, policy, check)),
        file=policy.file if policy else "",
        line=check.line if check else 0,
    )


def _lines(group: Group, policy: JudgedPolicy | None, check: JudgedCheck | None) -> Iterator[str]:
    first = group.first
    new = f", {group.new} new" if group.new else ""
    if first.host != FLEET:
        yield f"{_counted(group.count, 'server')}{new}: {enumerated(group.names, group.count)}"
    reason = first.reason or f"expected {first.expected}, found {first.actual}"
    yield f"{group.names[0]}: {shortened(reason, _LONGEST)}"
    if mark := first.waiver:
        ticket = f", {mark.ticket}" if mark.ticket else ""
        waived = f"waived until {mark.expires} by {mark.owner} ({mark.id}{ticket}): {mark.reason}"
        yield shortened(f"{waived}; was {first.verdict}", _LONGEST)
        return
    yield f"to do: {shortened(first.remediation, _LONGEST)}"
    source = source_text(policy.source) if policy else ""
    yield f"see: {shortened(', '.join(part for part in (source, first.reference) if part), _LONGEST)}"
    if mapped := mapped_text(check):
        yield f"answers to: {shortened(mapped, _LONGEST)}"


def _about_run(run: Run, found: Grouped) -> Iterator[Annotation]:
    if silent := _of(run, Status.UNREACHABLE):
        unknown = f"{_counted(found.unreached, 'check')} not known with that"
        title = f"{_counted(len(silent), 'server')} not reached, {unknown}"
        yield Annotation(level=Level.ERROR, title=title, text=_servers(silent))
    ending = f"exit code {run.exit_code}"
    if run.exit_code not in (ExitCode.COMPLIANT, ExitCode.FINDINGS) and not silent:
        yield Annotation(level=Level.ERROR, title=ending, text=shortened(run.exit_reason, _LONGEST))
    if partial := _of(run, Status.PARTIAL):
        title = f"{_counted(len(partial), 'server')} read only in part"
        yield Annotation(level=Level.WARNING, title=title, text=_servers(partial))
    summary = "\n".join(_summary(run, found.counted))
    yield Annotation(level=Level.NOTICE, title=f"auditor: {ending}", text=summary)


def _summary(run: Run, counted: Mapping[Standing, int]) -> Iterator[str]:
    yield shortened(run.exit_reason, _LONGEST)
    yield f"checks: {', '.join(f'{counted[each]} {each}'.replace('_', ' ') for each in Standing)}"
    covered = run.coverage
    yield f"{covered.servers_judged} of {covered.servers_planned} servers judged"
    if run.compared:
        kinds = Counter(change.kind for change in run.compared.changes)
        changed = ", ".join(f"{kinds[kind]} {kind.replace('_', ' ')}" for kind in sorted(kinds)) or "no change"
        yield f"compared with {shortened(run.compared.against, _LONGEST)}: {changed}"
    for note in run.drift.notes if run.drift else ():
        yield shortened(note, _LONGEST)


def _about_waivers(run: Run) -> Iterator[Annotation]:
    for kind in fields(run.waivers):
        notes: Sequence[str] = getattr(run.waivers, kind.name)
        if notes:
            level = Level.WARNING if kind.name in _WARNED_OF else Level.NOTICE
            title = f"{_counted(len(notes), 'waiver')}: {kind.name.replace('_', ' ')}"
            said = [shortened(note, _LONGEST) for note in notes[:KEPT]]
            more = [f"{len(notes) - KEPT} more. {_REST}"] if len(notes) > KEPT else []
            yield Annotation(level=level, title=title, text="\n".join([*said, *more]))


def _servers(hosts: Sequence[Host]) -> str:
    said = [f"{host.name}: {shortened(host.reason, _LONGEST)}" for host in hosts[:KEPT]]
    more = [f"{len(hosts) - KEPT} more. {_REST}"] if len(hosts) > KEPT else []
    return "\n".join([*said, *more])


def _of(run: Run, status: Status) -> Sequence[Host]:
    return sorted((host for host in run.hosts if host.status is status), key=lambda host: host.name)


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


FORMAT = Format(
    name="github",
    reader="GitHub Actions; printed by a step, it annotates the run",
    filename="annotations.txt",
    files=one_file("annotations.txt", _render),
    has_findings=False,
)
