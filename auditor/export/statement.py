"""What is signed: an in-toto statement that names every file with its SHA-256, and what the run came to. Pure.

Formats: in-toto Attestation Framework, Statement v1 and predicate test-result v0.1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.export.bundle import RUN, BundleError, Digests, Hidden, Seal, in_bundle_order
from auditor.model.evidence import Status
from auditor.model.finding import Standing, standing
from auditor.model.run import Run

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
FORM = "auditor-export/1"

_DECIDED_BY = ("policies/", "waivers/")
_BAD = {Standing.FAIL, Standing.ERROR}
_MEDIOCRE = {Standing.WARN, Standing.WAIVED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """A statement that was read: its files, its result, its seal."""

    files: Mapping[str, Digests]
    result: str
    seal: Seal


def statement_of(run: Run, files: Mapping[str, Digests], seal: Seal) -> dict[str, Any]:
    """Return the statement about these files; what a check came to is the worst that it came to on any server."""
    subjects = [_subject(name, files[name]) for name in in_bundle_order(files)]
    for subject in subjects:
        if subject["name"] == RUN:
            subject["annotations"] |= _annotations(seal)
    return {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": result_of(run),
            "configuration": [
                {"name": name, "digest": {"sha256": files[name].content}}
                for name in sorted(files)
                if name.startswith(_DECIDED_BY)
            ],
            **_tests(run),
        },
    }


def written(statement: Mapping[str, Any]) -> bytes:
    """Return the statement's one spelling: ASCII, keys sorted, no blanks."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode("ascii")


def result_of(run: Run) -> str:
    """Return PASSED, WARNED or FAILED.

    Not known is FAILED: a check without a verdict, a server that was not reached, a run that was broken off or judged
    nothing. A warning and an accepted deviation are WARNED; PASSED is only what needs no excuse.
    """
    seen = {standing(finding) for finding in run.findings}
    unread = any(host.status is Status.UNREACHABLE for host in run.hosts)
    idle = seen <= {Standing.NOT_APPLICABLE}
    if seen & _BAD or unread or idle or run.interrupted or run.coverage.checks_judged < run.coverage.checks_planned:
        return "FAILED"
    partly = any(host.status is Status.PARTIAL for host in run.hosts)
    return "WARNED" if seen & _MEDIOCRE or partly else "PASSED"


def read_statement(payload: bytes) -> Stated:
    """Return what a statement says; raises `BundleError` for one that no export has."""
    try:
        return _stated(json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError((f"the statement: it is not that of an export ({error})",)) from error


def _stated(data: Mapping[str, Any]) -> Stated:
    if data["_type"] != STATEMENT_TYPE or data["predicateType"] != PREDICATE_TYPE:
        raise ValueError("it is of another type")
    files = {str(each["name"]): _digests(each) for each in data["subject"]}
    if len(files) != len(data["subject"]):
        raise ValueError("it names a file twice")
    (notes,) = (each["annotations"] for each in data["subject"] if each["name"] == RUN)
    return Stated(files=files, result=str(data["predicate"]["result"]), seal=_seal(notes))


def _subject(name: str, digests: Digests) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digests.content}, "annotations": {"packed_sha256": digests.packed}}


def _digests(subject: Mapping[str, Any]) -> Digests:
    return Digests(content=str(subject["digest"]["sha256"]), packed=str(subject["annotations"]["packed_sha256"]))


def _annotations(seal: Seal) -> dict[str, Any]:
    chain = {"previous_export_sha256": seal.previous} if seal.chained else {}
    return {"form": FORM, "run": seal.run, "redacted": [str(each) for each in seal.redacted], **chain}


def _seal(notes: Mapping[str, Any]) -> Seal:
    if notes["form"] != FORM:
        raise ValueError(f"its form is {notes['form']!r}, and this auditor reads {FORM}")
    return Seal(
        run=str(notes["run"]),
        redacted=tuple(Hidden(each) for each in notes["redacted"]),
        chained="previous_export_sha256" in notes,
        previous=str(notes.get("previous_export_sha256", "")),
    )


def _tests(run: Run) -> dict[str, list[str]]:
    """Return the checks by what they came to; one that applies nowhere is in none of the lists."""
    seen: dict[str, set[Standing]] = {f"{each.id}/{check.id}": set() for each in run.policies for check in each.checks}
    for finding in run.findings:
        seen.setdefault(f"{finding.policy}/{finding.check}", set()).add(standing(finding))
    failed = [name for name, found in seen.items() if found & _BAD or not found]
    warned = [name for name, found in seen.items() if found & _MEDIOCRE and name not in set(failed)]
    others = set(failed) | set(warned)
    passed = [name for name, found in seen.items() if Standing.PASS in found and name not in others]
    return {"passedTests": sorted(passed), "warnedTests": sorted(warned), "failedTests": sorted(failed)}
