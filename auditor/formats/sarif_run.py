"""A SARIF run without its results: the tool, how the audit went, and what is said of it as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from auditor.errors import ExitCode
from auditor.formats.sarif_rule import pascal
from auditor.formats.sarif_text import message, name, said
from auditor.model.drift import ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import Verdict
from auditor.model.run import Host, Run

NOT_REACHED = "server-not-reached"

_NOTES: Mapping[str, tuple[str, str, str]] = {
    NOT_REACHED: ("error", "A server was not reached: nothing is known of it", "See why, and run the audit again"),
    "server-read-in-part": ("warning", "A server did not answer every question", "See why, and run the audit again"),
    "server-missing": ("warning", "A server of the run compared with was not audited", "Look whether that is wanted"),
    "server-new": ("note", "A server was not audited in the run compared with", "Look whether that is wanted"),
    "interrupted": ("error", "The run ended before every server was asked", "Run the audit again"),
    "exit-code": ("note", "Why the run ended with its exit code", "Look at the results"),
    "compared-with": ("note", "The run this one was compared with, and what could not be", "Nothing is to be done"),
    "waiver-expired": ("warning", "A waiver expired: what it named counts in full", "Mend it, or renew the waiver"),
    "waiver-expiring": ("note", "A waiver will expire soon", "Mend what it names, or renew it"),
    "waiver-not-covered": ("warning", "A waiver names what it cannot waive", "Look at what is found now"),
    "waiver-unused": ("note", "A waiver is not needed", "Remove it"),
    "waiver-overlapping": ("note", "Several waivers name the same", "Leave one of them"),
    "waiver-broad": ("note", "A waiver covers much", "Narrow it to what is accepted"),
}
"""Notifications by id: level, what each is about, and what to do."""
_ENDED_WELL = (ExitCode.COMPLIANT, ExitCode.FINDINGS)
_OF_SERVERS = {ChangeKind.MISSING_SERVER: "server-missing", ChangeKind.NEW_SERVER: "server-new"}


def driver(run: Run, *, is_first: bool) -> dict[str, Any]:
    """Return the tool's description, without its rules."""
    version = name(run.version) or "-"
    about = "Compliance and drift auditor for Windows servers"
    return {
        "name": "auditor",
        "fullName": f"auditor {version}",
        "version": version,
        "shortDescription": message(about),
    } | ({"notifications": list(_descriptors())} if is_first else {})


def invocation(run: Run, *, is_first: bool) -> dict[str, Any]:
    """Return how the audit went; only the first file of a report has the notifications."""
    silent = any(host.status is Status.UNREACHABLE for host in run.hosts)
    return {
        "executionSuccessful": run.exit_code in _ENDED_WELL and not silent and not run.interrupted,
        "exitCode": run.exit_code,
        "exitCodeDescription": said(run.exit_reason),
        "startTimeUtc": _moment(run.started),
        "endTimeUtc": _moment(run.finished),
        "toolExecutionNotifications": list(_notifications(run)) if is_first else [],
    }


def automation(run: Run, sort: str, number: int) -> dict[str, Any]:
    """Return what tells the parts of a report apart, and keeps its name from run to run (SARIF 2.1.0, 3.17).

    What stands before the last slash is the category by which GitHub replaces an earlier upload.
    """
    policies = "+".join(sorted(name(policy.id).replace("/", "_") for policy in run.policies)) or "no-policy"
    category = "/".join(["auditor", policies, *([sort] if sort else []), *([str(number)] if number > 1 else [])])
    about = f"Run {run.id} of {run.started}, part {number}"
    return {"id": f"{category}/{name(run.id)}", "guid": _guid(run.id, sort, number), "description": message(about)}


def baseline(run: Run, sort: str, number: int) -> dict[str, Any]:
    """Return which run this one was compared with."""
    return {"baselineGuid": _guid(run.compared.against, sort, number)} if run.compared else {}


def properties(run: Run) -> dict[str, Any]:
    """Return what SARIF has no place for: gate, counts, coverage, policies as they were judged by."""
    covered = {field.name: getattr(run.coverage, field.name) for field in fields(run.coverage)}
    told = {
        "run": name(run.id),
        "failOn": name(run.fail_on),
        "minCoverage": name(run.min_coverage),
        "evidenceOf": name(run.evidence_of),
        "against": name(run.compared.against) if run.compared else "",
    }
    return {label: value for label, value in told.items() if value} | {
        "summary": {verdict.value: run.summary[verdict] for verdict in Verdict},
        "coverage": covered,
        "policies": [
            {"id": name(each.id), "version": name(each.version), "digest": name(each.digest), "title": name(each.title)}
            for each in sorted(run.policies, key=lambda each: (each.id, each.version, each.digest))
        ],
    }


def _descriptors() -> Iterator[dict[str, Any]]:
    for each, (level, what, to_do) in _NOTES.items():
        about = message(what)
        yield {
            "id": each,
            "name": pascal(each),
            "shortDescription": about,
            "fullDescription": about,
            "help": message(to_do),
            "defaultConfiguration": {"level": level},
        }


def _notifications(run: Run) -> Iterator[dict[str, Any]]:
    for host in sorted(run.hosts, key=lambda host: host.name):
        if host.status is Status.UNREACHABLE:
            yield _about_server(NOT_REACHED, host.name, f"{host.name} was not reached: {host.reason}")
        elif host.status is Status.PARTIAL:
            yield _about_server("server-read-in-part", host.name, _in_part(host))
    if run.interrupted:
        yield _note("interrupted", "The run was interrupted before every server was asked")
    yield from _about_change(run)
    for field in fields(run.waivers):
        words = field.name.split("_")
        for told in getattr(run.waivers, field.name):
            yield _note("-".join(["waiver", *words]), f"{' '.join(words).capitalize()}: {told}")
    ending = _note("exit-code", f"Exit code {run.exit_code}: {run.exit_reason}")
    yield ending if run.exit_code in _ENDED_WELL else ending | {"level": "error"}


def _about_change(run: Run) -> Iterator[dict[str, Any]]:
    changes = run.compared.changes if run.compared else ()
    for change in sorted(changes, key=lambda change: (change.host, change.text)):
        if change.kind in _OF_SERVERS:
            yield _about_server(_OF_SERVERS[change.kind], change.host, f"{change.host}: {change.text}")
    if run.compared:
        yield _note("compared-with", f"Compared with run {run.compared.against}")
    for told in run.drift.notes if run.drift else ():
        yield _note("compared-with", told)


def _in_part(host: Host) -> str:
    return f"{host.name} was read only in part: {host.reason}"


def _about_server(kind: str, server: str, text: str) -> dict[str, Any]:
    where = {"logicalLocations": [{"name": name(server), "fullyQualifiedName": name(server), "kind": "server"}]}
    return _note(kind, text) | {"locations": [where]}


def _note(kind: str, text: str) -> dict[str, Any]:
    place = list(_NOTES).index(kind)
    return {"descriptor": {"id": kind, "index": place}, "level": _NOTES[kind][0], "message": message(text)}


def _guid(run_id: str, sort: str, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:auditor:sarif:{run_id!a}:{sort}:{number}"))


def _moment(text: str) -> str:
    """Return a moment (ISO 8601 with a zone) in UTC, to milliseconds, as SARIF wants it (3.9)."""
    moved = datetime.fromisoformat(text).astimezone(UTC)
    return moved.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
