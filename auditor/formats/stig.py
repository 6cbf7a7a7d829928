"""What the two formats of the STIG world, XCCDF and CKLB, share: ids, file names, and what is said of a finding.

STIG Manager's parser takes the first 45 characters of a rule's id and 32,767 of a review's text, and refuses a server
whose name has more than 255.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from auditor.formats.changed import Key, changes_of
from auditor.formats.escape import shortened
from auditor.formats.format import Answers
from auditor.formats.json_text import shown
from auditor.formats.sources import CheckKey, checks_of
from auditor.formats.told import change_text, evidence_text, notes_of, server_name
from auditor.model.answer import Answer
from auditor.model.drift import Change
from auditor.model.evidence import Status
from auditor.model.finding import Finding, order
from auditor.model.policy import Source
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run

RUN_BENCHMARK = "auditor-run"
"""What is checked where no policy is: the run as a whole, and that a server was read."""

_LONGEST_PART = 4_000
_LONGEST_RULE = 45
_LONGEST_STEM = 120
_LONGEST_TARGET = 200
_DIGITS = 8
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A run with the answers it rests on, and what is looked up in it for each finding."""

    run: Run
    answers: Answers
    hosts: Mapping[str, Host]
    policies: Mapping[str, JudgedPolicy]
    checks: Mapping[CheckKey, JudgedCheck]
    changes: Mapping[Key, Change]

    def check(self, finding: Finding) -> JudgedCheck | None:
        """Return the check as it was judged by; None where its policy was not kept."""
        return self.checks.get((finding.policy, finding.check))

    def source(self, finding: Finding) -> Source | None:
        """Return the document that demands it; None where the policy was not kept."""
        policy = self.policies.get(finding.policy)
        return policy.source if policy else None

    def change(self, finding: Finding) -> Change | None:
        """Return what changed of it against the run compared with; None for nothing."""
        return self.changes.get(order(finding))


def book_of(run: Run, answers: Answers) -> Book:
    """Return what is looked up in a run."""
    return Book(
        run=run,
        answers=answers,
        hosts={host.name: host for host in run.hosts},
        policies={policy.id: policy for policy in run.policies},
        checks=checks_of(run),
        changes=changes_of(run),
    )


def rule_id(check: str) -> str:
    """Return the id of a check's rule, which both formats use: an XML name of at most 45 characters."""
    prefix = "xccdf_auditor_rule_"
    return prefix + _slug(check, _LONGEST_RULE - len(prefix))


def benchmark_id(policy: str) -> str:
    """Return the id of a policy's benchmark, which both formats use."""
    return "xccdf_auditor_benchmark_" + _slug(policy, _LONGEST_STEM)


def result_id(run: Run) -> str:
    """Return the id of a run's test results."""
    return "xccdf_auditor_testresult_" + _slug(run.id, _LONGEST_STEM)


def file_stem(name: str, taken: set[str]) -> str:
    """Return a file name without its ending that any file system takes, and add it to those `taken`.

    Names that are safe stay as they are; others get some digits of their hash, as do those that Windows holds for
    equal.
    """
    stem = _slug(name, _LONGEST_STEM)
    if stem.casefold() in taken or _DEVICES.fullmatch(stem) or stem.startswith((".", "-")) or stem.endswith("."):
        stem = f"_{stem[:_LONGEST_STEM]}-{_hash(name)}"
    while stem.casefold() in taken:
        stem += "-2"
    taken.add(stem.casefold())
    return stem


def target(host: str) -> str:
    """Return the name of a server, or of the fleet, as the target of a checklist."""
    return shortened(server_name(host), _LONGEST_TARGET)


def part(text: str) -> str:
    """Return a text of a finding with its lines, hidden characters spelled out, not too long."""
    return shortened(shown(text), _LONGEST_PART)


def details(book: Book, finding: Finding, answers: Mapping[str, Answer]) -> str:
    """Return the finding itself, one labelled part after the other; the verdict comes first."""
    parts = {
        "verdict": finding.verdict.value,
        "check": f"{finding.check} ({finding.policy})",
        "reason": finding.reason,
        "expected": finding.expected,
        "found": finding.actual,
        "change": change_text(book.change(finding)),
        "reference": finding.reference,
        "severity": finding.severity.value,
        "evidence": evidence_text(finding, answers),
    }
    return "\n".join(f"{label}: {part(said)}" for label, said in parts.items() if said)


def about_server(host: Host | None) -> str:
    """Return what is to be said of how a server was read; empty when it was read in full, or is the fleet."""
    if host is None or host.status is Status.REACHED:
        return ""
    heading = "NOT REACHED" if host.status is Status.UNREACHABLE else "READ ONLY IN PART"
    return part(f"{heading}: {host.reason}")


def about_run(run: Run) -> Iterator[str]:
    """Yield what is to be said of the run as a whole; the exit code comes first."""
    for place, (about, said) in enumerate(notes_of(run)):
        yield part(f"{about}: {said}" if place else said)
    yield part(f"run {run.id} of auditor {run.version}, {run.started} to {run.finished}")


def _slug(text: str, limit: int) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", text)
    if plain == text and 0 < len(text) <= limit:
        return text
    return f"{plain[: limit - _DIGITS - 1]}-{_hash(text)}".lstrip("-")


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
