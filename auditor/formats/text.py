"""Text for people on the terminal: what was expected, what was found, what to do, and why this exit code."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter

from auditor.formats.format import Format, one_file
from auditor.formats.sources import CheckKey, checks_of, mapped_text, source_text
from auditor.formats.text_changes import changes, waiver_notes
from auditor.formats.text_layout import IN_PART, NOT_REACHED, WAIVED, Layout
from auditor.formats.times import times
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, in_order
from auditor.model.run import Host, JudgedCheck, Run
from auditor.model.waiver import WaiverMark

_NARROWEST = 40
_NONE: Iterator[Finding] = iter(())
_LABELS: Mapping[Verdict, str] = {
    Verdict.PASS: "pass",
    Verdict.WARN: "WARN",
    Verdict.FAIL: "FAIL",
    Verdict.ERROR: "ERROR",
    Verdict.NOT_APPLICABLE: "n/a",
}
_COUNTED: Mapping[Verdict, str] = {
    Verdict.PASS: "pass",
    Verdict.WARN: "warn",
    Verdict.FAIL: "fail",
    Verdict.ERROR: "error (not known)",
    Verdict.NOT_APPLICABLE: "not applicable",
}
_WORST_FIRST = (Verdict.FAIL, Verdict.WARN, Verdict.ERROR, Verdict.NOT_APPLICABLE, Verdict.PASS)
_WAIVED_PLACE = _WORST_FIRST.index(Verdict.ERROR) + 0.5


class Colour(Enum):
    """Whether ANSI colours are written; never decided here."""

    ALWAYS = "always"
    NEVER = "never"


def render_text(run: Run, colour: Colour = Colour.NEVER, width: int = 100) -> Iterator[str]:
    """Yield the report line by line, each ended by a line feed, wrapped to `width` columns (at least 40)."""
    layout = Layout(is_coloured=colour is Colour.ALWAYS, width=max(width, _NARROWEST))
    page = _Page(layout=layout, checks=checks_of(run))
    for line in page.run(run):
        yield line.rstrip() + "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """What stands where."""

    layout: Layout
    checks: Mapping[CheckKey, JudgedCheck]

    def run(self, run: Run) -> Iterator[str]:
        yield from self.layout.wrapped("", f"auditor {run.version}, run {run.id}, {run.started} to {run.finished}")
        if run.interrupted:
            yield from self.layout.wrapped("", "INTERRUPTED: the run ended before every server was asked")
        if run.evidence_of:
            yield from self.layout.wrapped("", f"judged again from the evidence of run {run.evidence_of}")
        for policy in sorted(run.policies, key=lambda policy: policy.id):
            yield from self.layout.wrapped("", f"policy {policy.id} {policy.version}: {policy.title}")
            yield from self.layout.wrapped("  ", f"source: {source_text(policy.source)}")
        hosts = {host.name: host for host in run.hosts}
        several = len({finding.policy for finding in run.findings}) > 1
        for name, findings in _places(run):
            yield ""
            yield from self._place(name, hosts.get(name), findings, several=several)
        if run.drift is not None:
            yield ""
            yield from changes(run.drift, run.hosts, self.layout)
        if noted := list(waiver_notes(run.waivers, self.layout)):
            yield ""
            yield from noted
        yield ""
        yield from self._ending(run)

    def _place(self, name: str, host: Host | None, findings: Iterable[Finding], *, several: bool) -> Iterator[str]:
        yield from self._heading(name, host)
        silent = host is not None and host.status is Status.UNREACHABLE
        for policy, group in groupby(findings, lambda finding: finding.policy):
            judged = list(group)
            if several:
                yield from self.layout.wrapped("  ", f"policy {policy}")
            if silent:
                unknown = ", ".join(finding.check for finding in judged if finding.verdict is Verdict.ERROR)
                yield from self.layout.labelled("ERROR", f"not known: {unknown}") if unknown else ()
            told = [finding for finding in judged if not (silent and finding.verdict is Verdict.ERROR)]
            for alike in _alike(told):
                yield from self._finding(alike[0]) if len(alike) == 1 else self._alike(alike)

    def _heading(self, name: str, host: Host | None) -> Iterator[str]:
        yield from self.layout.heading("All servers together" if name == FLEET else name)
        if host is not None and host.status is not Status.REACHED:
            label = NOT_REACHED if host.status is Status.UNREACHABLE else IN_PART
            yield from self.layout.labelled(label, host.reason)

    def _alike(self, findings: Sequence[Finding]) -> Iterator[str]:
        """Tell once what is the same for several checks: that they pass, or why they are not judged."""
        names, reason = ", ".join(finding.check for finding in findings), findings[0].reason
        yield from self.layout.labelled(_LABELS[findings[0].verdict], f"{names}: {reason}" if reason else names)

    def _waived(self, finding: Finding, mark: WaiverMark) -> Iterator[str]:
        ticket = f", {mark.ticket}" if mark.ticket else ""
        heading = f"{finding.check}: {finding.title} [{finding.severity}], was {finding.verdict}"
        yield from self.layout.labelled(WAIVED, heading)
        yield from self.layout.part("by", f"{mark.owner} until {mark.expires} ({mark.id}{ticket}): {mark.reason}")
        yield from self.layout.part("found", finding.actual)
        yield from self.layout.part("why", finding.reason)

    def _finding(self, finding: Finding) -> Iterator[str]:
        if finding.waiver is not None:
            yield from self._waived(finding, finding.waiver)
            return
        label = _LABELS[finding.verdict]
        match finding.verdict:
            case Verdict.PASS:
                yield from self.layout.labelled(label, f"{finding.check}: {finding.title}")
            case Verdict.NOT_APPLICABLE:
                yield from self.layout.labelled(label, f"{finding.check}: {finding.reason}")
            case Verdict.WARN | Verdict.FAIL | Verdict.ERROR:
                yield from self.layout.labelled(label, f"{finding.check}: {finding.title} [{finding.severity}]")
                yield from self.layout.part("expected", finding.expected)
                yield from self.layout.part("found", finding.actual)
                yield from self.layout.part("why", finding.reason)
                yield from self.layout.part("to do", finding.remediation)
                yield from self.layout.part("see", finding.reference)
                mapped = self.checks.get((finding.policy, finding.check))
                yield from self.layout.part("answers", mapped_text(mapped))

    def _ending(self, run: Run) -> Iterator[str]:
        covered = run.coverage
        waived = Counter(finding.verdict for finding in run.findings if finding.waiver)
        counts = ", ".join(
            f"{run.summary[verdict]} {word}" + (f" ({waived[verdict]} waived)" if waived[verdict] else "")
            for verdict, word in _COUNTED.items()
        )
        for label, told in times(run.hosts):
            yield from self.layout.wrapped("", f"{label}: {told}")
        yield from self.layout.wrapped("", f"checks: {counts}")
        yield from self.layout.wrapped(
            "",
            f"coverage: {covered.servers_judged} of {covered.servers_planned} servers judged, "
            f"{covered.checks_judged} of {covered.checks_planned} checks judged",
        )
        yield from self.layout.wrapped("", f"exit code {run.exit_code}: {run.exit_reason}")


def _places(run: Run) -> Iterator[tuple[str, Iterable[Finding]]]:
    """Yield servers, with or without findings, by name, and the fleet last: it is a conclusion from the servers."""
    nothing = ((name, _NONE) for name in sorted({host.name for host in run.hosts}))
    judged = groupby(in_order(run.findings), lambda finding: finding.host)
    about_fleet: list[Finding] | None = None
    for name, parts in groupby(merge(nothing, judged, key=itemgetter(0)), itemgetter(0)):
        findings = chain.from_iterable(part for _, part in parts)
        if name == FLEET:
            about_fleet = list(findings)
        else:
            yield name, findings
    if about_fleet is not None:
        yield FLEET, about_fleet


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings, worst first; those that pass together, those not judged for the same reason together."""
    groups: dict[tuple[float, str], list[Finding]] = {}
    for finding in findings:
        together = finding.verdict not in (Verdict.FAIL, Verdict.WARN)
        # what is waived stands together behind what is not known
        place = _WORST_FIRST.index(finding.verdict) if finding.waiver is None else _WAIVED_PLACE
        groups.setdefault((place, finding.reason if together else f"{finding.policy}/{finding.check}"), []).append(
            finding
        )
    return [group for _, group in sorted(groups.items())]


def _render(run: Run) -> Iterator[bytes]:
    return (line.encode() for line in render_text(run))


FORMAT = Format(
    name="text",
    reader="people at a terminal, and in mails",
    filename="report.txt",
    files=one_file("report.txt", _render),
)
