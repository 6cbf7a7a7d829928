"""Waivers with names hidden, so that they waive the same findings with names hidden. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.export.names import Kind
from auditor.export.redact import Redactor
from auditor.model.finding import FLEET, Finding, fingerprint
from auditor.model.run import Run
from auditor.model.waiver import Waiver
from auditor.patterns import matches

_WRITTEN = ("id", "policy", "checks", "hosts", "groups", "owner", "reason", "ticket", "expires", "zone", "accepted")
_ANY = set("*?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hiding:
    """How names are hidden, and whether those of servers are among them."""

    redactor: Redactor
    servers: bool


def hidden_waivers(
    waivers: Sequence[Waiver], run: Run, findings: Sequence[Finding], hiding: Hiding
) -> Iterator[Mapping[str, Any]]:
    """Yield each waiver as it stands in a file.

    A pattern of servers' names becomes the servers of the run that it matches. The fingerprint of a value that was
    accepted becomes that of the redacted value, and one that is of no value in the run is replaced: whoever guesses the
    value could tell.
    """
    accepted = _accepted(run.findings, findings, hiding.redactor)
    for waiver in waivers:
        shown = hiding.redactor.value(waiver)
        fields = {name: getattr(shown, name) for name in _WRITTEN}
        fields["hosts"] = _hosts(waiver, run, hiding)
        fields["accepted"] = accepted.get((waiver.policy, waiver.accepted)) or _nothing(shown.accepted, hiding)
        yield {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items() if value}


def _nothing(accepted: str, hiding: Hiding) -> str:
    is_fingerprint = accepted.startswith("sha256:")
    return f"sha256:{hiding.redactor.names.stand_in(Kind.USER, accepted)}" if is_fingerprint else accepted


def _hosts(waiver: Waiver, run: Run, hiding: Hiding) -> tuple[str, ...]:
    redactor = hiding.redactor
    found: dict[str, None] = {}
    for pattern in waiver.hosts:
        if not hiding.servers or pattern == FLEET or not set(pattern) & _ANY:
            found[redactor.text(pattern)] = None
            continue
        there = [host.name for host in run.hosts if matches(pattern.casefold(), host.name.casefold())]
        # a waiver without servers is one for all of them, so a pattern without any becomes a name that nobody has
        meant = [redactor.text(name) for name in there] or [redactor.names.stand_in(Kind.HOST, pattern)]
        found |= dict.fromkeys(meant)
    return tuple(found)


def _accepted(before: Sequence[Finding], after: Sequence[Finding], redactor: Redactor) -> Mapping[tuple[str, str], str]:
    """Return by policy and accepted value, or its fingerprint, what it is with names hidden."""
    hidden = {(each.host, each.policy, each.check): each for each in after}
    found: dict[tuple[str, str], str] = {}
    for finding in before:
        name = redactor.text(finding.host), redactor.text(finding.policy), redactor.text(finding.check)
        again = hidden[name]
        found[finding.policy, fingerprint(finding)] = fingerprint(again)
        if finding.actual:
            found[finding.policy, finding.actual] = again.actual
    return found
