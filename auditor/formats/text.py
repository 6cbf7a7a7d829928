"""Text for people on the terminal: what was expected, what was found, what to do, and why this exit code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from textwrap import TextWrapper

from auditor.formats.escape import shortened, visible_lines
from auditor.formats.format import Format
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, order
from auditor.model.run import Host, Run

_NARROWEST = 40
_LONGEST_PART = 2000
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
_BOLD = "1"
_NOT_REACHED = "NOT REACHED:"
_IN_PART = "READ ONLY IN PART:"
_COLOURS: Mapping[str, str] = {
    "pass": "32",
    "WARN": "33",
    "FAIL": "31",
    "ERROR": "35",
    _NOT_REACHED: "1;35",
    _IN_PART: "35",
}
_LABEL_WIDTH = 6


class Colour(Enum):
    """Whether ANSI colours are written; never decided here."""

    ALWAYS = "always"
    NEVER = "never"


def render_text(run: Run, colour: Colour = Colour.NEVER, width: int = 100) -> Iterator[str]:
    """Yield the report line by line, each ended by a line feed, wrapped to `width` columns (at least 40)."""
    page = _Page(colour=colour, width=max(width, _NARROWEST))
    for line in page.run(run):
        yield line.rstrip() + "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """How lines are laid out."""

    colour: Colour
    width: int

    def run(self, run: Run) -> Iterator[str]:
        yield from self._wrapped("", f"auditor {run.version}, run {run.id}, {run.started} to {run.finished}")
        if run.evidence_of:
            yield from self._wrapped("", f"judged again from the evidence of run {run.evidence_of}")
        for policy in sorted(run.policies, key=lambda policy: policy.id):
            yield from self._wrapped("", f"policy {policy.id} {policy.version}: {policy.title}")
        findings = {name: list(group) for name, group in groupby(sorted(run.findings, key=order), lambda one: one.host)}
        hosts = {host.name: host for host in run.hosts}
        several = len({finding.policy for finding in run.findings}) > 1
        # the fleet comes last: it is a conclusion from the servers above
        for name in sorted(hosts.keys() | findings.keys(), key=lambda name: (name == FLEET, name)):
            yield ""
            yield from self._place(name, hosts.get(name), findings.get(name, []), several=several)
        yield ""
        yield from self._ending(run)

    def _place(self, name: str, host: Host | None, findings: Sequence[Finding], *, several: bool) -> Iterator[str]:
        yield from self._heading(name, host)
        silent = host is not None and host.status is Status.UNREACHABLE
        for policy, group in groupby(findings, lambda finding: finding.policy):
            judged = list(group)
            if several:
                yield from self._wrapped("  ", f"policy {policy}")
            if silent:
                unknown = ", ".join(finding.check for finding in judged if finding.verdict is Verdict.ERROR)
                yield from self._labelled("ERROR", f"not known: {unknown}") if unknown else ()
            told = [finding for finding in judged if not (silent and finding.verdict is Verdict.ERROR)]
            for alike in _alike(told):
                yield from self._finding(alike[0]) if len(alike) == 1 else self._alike(alike)

    def _heading(self, name: str, host: Host | None) -> Iterator[str]:
        for line in self._wrapped("", "All servers together" if name == FLEET else name):
            yield self._painted(line, _BOLD)
        if host is not None and host.status is not Status.REACHED:
            label = _NOT_REACHED if host.status is Status.UNREACHABLE else _IN_PART
            yield from self._labelled(label, host.reason)

    def _alike(self, findings: Sequence[Finding]) -> Iterator[str]:
        """Tell once what is the same for several checks: that they pass, or why they are not judged."""
        names, reason = ", ".join(finding.check for finding in findings), findings[0].reason
        yield from self._labelled(_LABELS[findings[0].verdict], f"{names}: {reason}" if reason else names)

    def _finding(self, finding: Finding) -> Iterator[str]:
        label = _LABELS[finding.verdict]
        match finding.verdict:
            case Verdict.PASS:
                yield from self._labelled(label, f"{finding.check}: {finding.title}")
            case Verdict.NOT_APPLICABLE:
                yield from self._labelled(label, f"{finding.check}: {finding.reason}")
            case Verdict.WARN | Verdict.FAIL | Verdict.ERROR:
                yield from self._labelled(label, f"{finding.check}: {finding.title} [{finding.severity}]")
                yield from self._part("expected", finding.expected)
                yield from self._part("found", finding.actual)
                yield from self._part("why", finding.reason)
                yield from self._part("to do", finding.remediation)
                yield from self._part("see", finding.reference)

    def _ending(self, run: Run) -> Iterator[str]:
        covered = run.coverage
        counts = ", ".join(f"{run.summary[verdict]} {word}" for verdict, word in _COUNTED.items())
        yield from self._wrapped("", f"checks: {counts}")
        yield from self._wrapped(
            "",
            f"coverage: {covered.servers_judged} of {covered.servers_planned} servers judged, "
            f"{covered.checks_judged} of {covered.checks_planned} checks judged",
        )
        yield from self._wrapped("", f"exit code {run.exit_code}: {run.exit_reason}")

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        first, *rest = self._wrapped(f"  {label:<{_LABEL_WIDTH}} ", text)
        yield first.replace(label, self._painted(label, _COLOURS.get(label, "")), 1)
        yield from rest

    def _part(self, label: str, text: str) -> Iterator[str]:
        if text:
            yield from self._wrapped(f"{'':{_LABEL_WIDTH + 3}}{label:<9} ", text)

    def _wrapped(self, start: str, text: str) -> Iterator[str]:
        """Yield the lines of a text from a server or a policy: nothing in it can begin a line of the report."""
        wrapper = TextWrapper(width=self.width, subsequent_indent=" " * (len(start) or 2), break_on_hyphens=False)
        for number, line in enumerate(visible_lines(shortened(text, _LONGEST_PART))):
            wrapper.initial_indent = wrapper.subsequent_indent if number else start
            yield from wrapper.wrap(line) or [wrapper.initial_indent]

    def _painted(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if code and self.colour is Colour.ALWAYS else text


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings, worst first; those that pass together, those not judged for the same reason together."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        together = finding.verdict not in (Verdict.FAIL, Verdict.WARN)
        key = _WORST_FIRST.index(finding.verdict), finding.reason if together else f"{finding.policy}/{finding.check}"
        groups.setdefault(key, []).append(finding)
    return [group for _, group in sorted(groups.items())]


def _render(run: Run) -> Iterator[bytes]:
    return (line.encode() for line in render_text(run))


FORMAT = Format(name="text", filename="report.txt", render=_render)
