"""Goes through everything a run holds for the names in it. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import chain
from typing import Any, TypeAlias

from auditor.export.finding_names import Finder, shaped_addresses
from auditor.export.names import is_address
from auditor.model.answer import Absent, Answer, Denied, Failed, NotAsked, Observed
from auditor.model.drift import Change
from auditor.model.evidence import Evidence
from auditor.model.finding import FLEET
from auditor.model.run import Run
from auditor.model.waiver import Waiver

Said: TypeAlias = tuple[str, str]
"""What a text stands under (the name of a header, of a registry value), and the text."""

_FULL_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z]{2,}", re.ASCII | re.IGNORECASE)
_VERSION = "version"


def find_in_evidence(evidence: Evidence, finder: Finder) -> None:
    """Add what one server's evidence names: itself, and whom its answers speak of."""
    finder.host(evidence.server)
    finder.host(evidence.platform.get("computer", ""))
    finder.text(evidence.reason)
    finder.addresses(evidence.reason)
    for text in _texts_of(evidence.inputs):
        if _FULL_NAME.fullmatch(text):
            finder.host(text)
        finder.text(text)
        finder.addresses(text)
    for question, answer in evidence.answers.items():
        parameters = dict(question.parameters)
        finder.host(parameters.get("host", ""))
        for value in parameters.values():
            finder.addresses(value)
        for under, text in _said(answer, parameters.get("name", "")):
            finder.text(text)
            if _VERSION not in under.lower():
                finder.addresses(text)


def find_in_run(run: Run, finder: Finder, known: Iterable[str]) -> None:
    """Add what a run names beside its evidence: servers and values of the run it was compared with, who waived.

    `known` are the addresses that the evidence names. What else has the shape of one in the findings was put together
    from numbers by a probe: it is a version, and stays one where it is spoken of.
    """
    addresses = set(known)
    told = {found for each in run.findings for found in shaped_addresses(f"{each.actual} {each.reason}")}
    versions = {each for each in told if each.lower() not in addresses}
    changes = run.drift.changes if run.drift else ()
    for name in chain((host.name for host in run.hosts), (change.host for change in changes)):
        finder.host("" if name == FLEET else name)
    for finding in run.findings:
        if finding.waiver:
            finder.user(finding.waiver.owner)
    for text in texts_about(run):
        finder.text(text)
        finder.addresses(text, but=versions)


def find_in_waivers(waivers: Sequence[Waiver], finder: Finder) -> None:
    """Add whom waivers name: those who answer for them, and servers that are written out."""
    for waiver in waivers:
        finder.user(waiver.owner)
        for name in waiver.hosts:
            finder.host("" if set(name) & set("*?") else name)
        for text in (waiver.reason, waiver.ticket, waiver.accepted):
            finder.text(text)
            finder.addresses(text)


def find_in_policy(text: str, finder: Finder) -> None:
    """Add the addresses in a policy that can be nobody else's: private ones. Others can be numbers of versions."""
    for found in shaped_addresses(text):
        if is_address(found) and ip_address(found).is_private:
            finder.addresses(found)


def all_texts(evidence: Evidence) -> Iterator[str]:
    """Yield every text of one server's evidence."""
    yield from (evidence.server, evidence.reason, *evidence.platform.values(), *_texts_of(evidence.inputs))
    for question, answer in evidence.answers.items():
        yield from (value for _, value in question.parameters)
        yield from (text for _, text in _said(answer, ""))


def texts_about(run: Run) -> Iterator[str]:
    """Yield what is said of the run as a whole, of its servers, its waivers and its changes."""
    notes = run.waivers
    yield from (run.exit_reason, *(host.reason for host in run.hosts))
    for some in (notes.expired, notes.expiring, notes.not_covered, notes.unused, notes.overlapping, notes.broad):
        yield from some
    for change in run.drift.changes if run.drift else ():
        yield from _texts_of_change(change)
    yield from run.drift.notes if run.drift else ()


def _texts_of_change(change: Change) -> Iterator[str]:
    yield change.text
    yield from (state.actual for state in (change.before, change.after) if state is not None)


def _texts_of(inputs: Mapping[str, Any]) -> Iterator[str]:
    for value in inputs.values():
        yield from value if isinstance(value, tuple) else (str(value),)


def _said(answer: Answer, under: str) -> Iterator[Said]:
    match answer:
        case Observed(data=data):
            yield from _in_data(data, under)
        case Denied(reason=text) | Failed(reason=text) | Absent(what=text):
            yield under, text
        case NotAsked():
            return


def _in_data(data: Any, under: str) -> Iterator[Said]:
    match data:
        case str():
            yield under, data
        case list() | tuple():
            for item in data:
                yield from _in_data(item, under)
        case Mapping():
            for name, item in data.items():
                yield under, str(name)
                yield from _in_data(item, f"{under} {name}")
        case _:
            return
