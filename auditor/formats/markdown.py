"""`report.md` for a pull-request comment or a step summary: the conclusion, then the worst first."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields

from auditor.formats.format import Format, one_file
from auditor.formats.markdown_groups import Counted, Group, count
from auditor.formats.markdown_page import Page, Section
from auditor.formats.markdown_text import code, prose
from auditor.formats.sources import CheckKey, checks_of, mapped_text, source_text
from auditor.formats.times import times
from auditor.model.drift import ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Standing
from auditor.model.run import Host, JudgedCheck, Run
from auditor.model.waiver import WaiverMark

_FILE = "report.md"
_SHORT = 160
_CONCLUSIONS = {0: "compliant", 1: "not compliant", 3: "not known"}
_WORDS: Mapping[Standing, str] = {
    Standing.FAIL: "fail",
    Standing.ERROR: "error (not known)",
    Standing.WARN: "warn",
    Standing.WAIVED: "waived",
    Standing.NOT_APPLICABLE: "not applicable",
    Standing.PASS: "pass",
}
_DEVIATING = (Standing.FAIL, Standing.ERROR, Standing.WARN)


def _render(run: Run) -> Iterator[bytes]:
    counted = count(run)
    checks = checks_of(run)
    page = Page()
    page.add(f"# Audit: {_CONCLUSIONS.get(run.exit_code, 'ended')} (exit code {run.exit_code})")
    page.add(f"Why: {prose(run.exit_reason, 2000)}." if run.exit_reason else "No reason is given.")
    page.add(_counts(counted, compared=run.compared is not None))
    page.add(_coverage(run))
    if run.interrupted:
        page.add("**Interrupted:** the run ended before every server was asked.")
    page.add_sections(
        (
            _servers(run, Status.UNREACHABLE, "Servers not reached", counted.silent),
            _deviations("Fail", Standing.FAIL, counted, checks, "failing checks"),
            _deviations(
                "Not known on servers that were read", Standing.ERROR, counted, checks, "checks that are not known"
            ),
            _deviations("Warn", Standing.WARN, counted, checks, "checks with a warning"),
            _notes(run),
            _waived(counted),
            _servers(run, Status.PARTIAL, "Servers read in part", 0),
            _changes(run),
        )
    )
    yield from page.end(_about(run))


def _counts(counted: Counted, *, compared: bool) -> str:
    new = " new |" if compared else ""
    lines = [f"| standing | findings |{new}", "| --- | ---: |" + (" ---: |" if compared else "")]
    for stands, word in _WORDS.items():
        number_new = f" {counted.new[stands] if stands in _DEVIATING else ''} |".replace("  |", " |")
        lines.append(f"| {word} | {counted.standings[stands]} |" + (number_new if compared else ""))
    return "\n".join(lines)


def _coverage(run: Run) -> str:
    covered = run.coverage
    known = (
        f"{covered.servers_judged} of {covered.servers_planned} servers judged, "
        f"{covered.checks_judged} of {covered.checks_planned} checks judged"
    )
    notes = run.waivers
    told = ((len(notes.expired), "expired"), (len(notes.expiring), "soon to expire"))
    waivers = ", ".join(f"{_number(number, 'waiver')} {word}" for number, word in told if number)
    return f"{known}.{f' {waivers}.' if waivers else ''}"


def _servers(run: Run, status: Status, heading: str, silent: int) -> Section:
    hosts = sorted((host for host in run.hosts if host.status is status), key=lambda host: host.name)
    intro = f"{_number(silent, 'finding')} not known because of that." if silent else ""
    return Section(
        heading=f"{heading}: {len(hosts)}", entries=[_host(host) for host in hosts], what="servers", intro=intro
    )


def _host(host: Host) -> str:
    return f"- {code(host.name)}: {prose(host.reason or 'no reason given')}"


def _deviations(
    heading: str, stands: Standing, counted: Counted, checks: Mapping[CheckKey, JudgedCheck], what: str
) -> Section:
    groups = counted.of(stands)
    number, new = sum(group.number for group in groups), sum(group.number_new for group in groups)
    return Section(
        heading=f"{heading}: {_number(number, 'finding')}" + (f", {new} new" if new else ""),
        entries=[_group(group, checks.get((group.first.policy, group.first.check))) for group in groups],
        what=what,
    )


def _group(group: Group, check: JudgedCheck | None) -> str:
    finding = group.first
    new = f", **{group.number_new} new**" if group.number_new else ""
    lines = [f"- **{finding.severity}** {code(finding.check)} {prose(finding.title)}: {_places(group)}{new}"]
    shown = [*((each, True) for each in group.new), *((each, False) for each in group.others)][: max(len(group.new), 5)]
    lines += [f"  - {_finding(each, is_new=is_new)}" for each, is_new in shown]
    if left := group.number - len(shown):
        lines.append(f"  - and on {left} more")
    for label, said in (
        ("To do", finding.remediation),
        ("Policy", ", ".join(part for part in (finding.policy, finding.reference) if part)),
        ("Answers", mapped_text(check)),
    ):
        if said:
            lines.append(f"  - {label}: {prose(said)}")
    return "\n".join(lines)


def _places(group: Group) -> str:
    return "the fleet as a whole" if group.first.host == FLEET else f"on {_number(group.number, 'server')}"


def _finding(finding: Finding, *, is_new: bool) -> str:
    place = "All servers together" if finding.host == FLEET else code(finding.host)
    said = [
        f"{label} {prose(text, _SHORT)}"
        for label, text in (("found", finding.actual), ("why:", finding.reason))
        if text
    ]
    return f"{'**new** ' if is_new else ''}{place}: {'; '.join(said) or 'no reason given'}"


def _notes(run: Run) -> Section:
    told = [
        (field.name.replace("_", " "), said)
        for field in fields(run.waivers)
        for said in getattr(run.waivers, field.name)
    ]
    return Section(
        heading=f"Waivers to look after: {len(told)}",
        entries=[f"- **{kind}:** {prose(said)}" for kind, said in told],
        what="notes on waivers",
    )


def _waived(counted: Counted) -> Section:
    # what ends first stands first
    marks = sorted(counted.waivers, key=lambda mark: (mark.expires, mark.id, mark.owner, mark.ticket, mark.reason))
    return Section(
        heading=f"Waived: {_number(counted.standings[Standing.WAIVED], 'finding')}",
        entries=[_mark(mark, counted.waivers[mark]) for mark in marks],
        what="waivers",
    )


def _mark(mark: WaiverMark, number: int) -> str:
    ticket = f", {prose(mark.ticket)}" if mark.ticket else ""
    who = f"by {prose(mark.owner)} until {prose(mark.expires)}{ticket}"
    return f"- {code(mark.id)} {who}, {_number(number, 'finding')}: {prose(mark.reason)}"


def _changes(run: Run) -> Section:
    if run.drift is None:
        return Section(heading="Changes", entries=[], what="")
    counted = Counter(change.kind for change in run.drift.changes)
    kinds = [f"- {counted[kind]} {kind.replace('_', ' ')}" for kind in ChangeKind if counted[kind]]
    notes = [f"- note: {prose(note)}" for note in run.drift.notes]
    return Section(
        heading="Changes",
        entries=[*kinds, *notes] or ["- none"],
        what="lines on changes",
        intro=f"Compared with {code(run.compared.against)}." if run.compared else "",
    )


def _about(run: Run) -> str:
    policies = sorted(run.policies, key=lambda policy: (policy.id, policy.version, policy.digest))
    told = [
        f"- policy {code(policy.id, 60)} {prose(policy.version, 60)}, from {prose(source_text(policy.source), 100)}"
        for policy in policies[:5]
    ]
    if left := len(policies) - len(told):
        told.append(f"- and {_number(left, 'more policy', 'more policies')}")
    head = f"Run {code(run.id)}, {prose(run.started)} to {prose(run.finished)}, auditor {prose(run.version)}."
    took = [f"- {label}: {prose(shares, 200)}" for label, shares in times(run.hosts)]
    return "\n\n".join(part for part in ("## About", head, "\n".join([*told, *took])) if part)


def _number(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or f'{one}s'}"


FORMAT = Format(
    name="markdown",
    reader="people, in a pull request or a step summary; the worst first",
    filename=_FILE,
    files=one_file(_FILE, _render),
    has_findings=False,
)
