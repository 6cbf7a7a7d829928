"""What formats for other people's programs tell in the same words: texts made harmless, answers, notes on the run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Literal

from auditor.formats.escape import shortened
from auditor.formats.json_text import shown
from auditor.model.answer import Absent, Answer, Denied, Failed, NotAsked, Observed
from auditor.model.drift import Change
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

LONGEST_TEXT = 20_000
LONGEST_LINE = 1_000
FLEET_NAME = "the fleet (all servers)"
"""How a report names the fleet as a whole; no server can have this name, as it has blanks."""


class AnswerState(StrEnum):
    """What is known of a question, what keeps a check from being known first."""

    DENIED = "denied"
    FAILED = "failed"
    NOT_ASKED = "not asked"
    OBSERVED = "observed"
    ABSENT = "absent"


ANSWER_STATES = tuple(AnswerState)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A question, what is known of it, and what was answered, cut to `LONGEST_TEXT`."""

    question: str
    state: AnswerState
    said: str


def told(text: str) -> str:
    """Return a text with its lines, hidden characters spelled out, cut to `LONGEST_TEXT` before that."""
    return shown(shortened(text, LONGEST_TEXT))


def line(text: str, limit: int = LONGEST_LINE) -> str:
    """Return a text on one line, never empty, without blanks around it."""
    return " ".join(shown(shortened(text, limit)).split("\n")).strip() or "-"


def server_name(host: str) -> str:
    """Return how a report names a server, or the fleet."""
    return FLEET_NAME if host == FLEET else line(host, LONGEST_TEXT)


def because(finding: Finding) -> str:
    """Return the reason, or what was expected and found, where there is none."""
    return finding.reason or f"expected {finding.expected}, found {finding.actual}"


def summary(finding: Finding) -> str:
    """Return why the finding is as it is; what is waived, warns, does not apply or is not known says so first."""
    if finding.waiver is not None:
        return f"{waiver_text(finding.waiver).rstrip('.')}; was {finding.verdict}: {because(finding)}"
    words = {Verdict.WARN: "WARNING: ", Verdict.ERROR: "NOT KNOWN: ", Verdict.NOT_APPLICABLE: "not applicable: "}
    return words.get(finding.verdict, "") + because(finding)


def parts_text(finding: Finding) -> str:
    """Return what was expected, what was found and why that is judged so, a labelled part after the other."""
    parts = {"expected": finding.expected, "found": finding.actual, "reason": finding.reason}
    return "\n".join(f"{label}: {told(said)}" for label, said in parts.items() if said)


def waiver_text(mark: WaiverMark) -> str:
    """Return who accepts the deviation until when, and why; it begins with `WAIVED`."""
    named = f"{mark.id}, {mark.ticket}" if mark.ticket else mark.id
    return f"WAIVED until {mark.expires} by {mark.owner} ({named}): {mark.reason}"


def change_text(change: Change | None) -> str:
    """Return what changed, in a sentence; empty where nothing is told."""
    return change.text if change else ""


def answered(finding: Finding, answers: Mapping[str, Answer]) -> Iterator[Answered]:
    """Yield each question of a finding with its answer; absent, denied and failed stay apart."""
    for question in finding.questions:
        answer = answers.get(question, NotAsked())
        yield Answered(question=told(question), state=state_of(answer), said=told(said_in(answer)))


def evidence_text(finding: Finding, answers: Mapping[str, Answer]) -> str:
    """Return the questions, one a line, with their answers where there are some."""
    return "\n".join(f"{question}: {said}" if said else question for question, said in evidence_lines(finding, answers))


def evidence_lines(finding: Finding, answers: Mapping[str, Answer]) -> Iterator[tuple[str, str]]:
    """Yield each question with what is known of it, empty where no evidence is at hand."""
    for each in answered(finding, answers):
        yield each.question, "" if each.state is AnswerState.NOT_ASKED else f"{each.state} {each.said}"


def notes_of(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of a run as a whole: what it is about, and the sentence."""
    yield "exit", f"exit code {run.exit_code}: {run.exit_reason}"
    if run.interrupted:
        yield "interrupted", "the run was ended before every server was asked"
    if run.evidence_of:
        yield "evidence", f"judged again from the evidence of run {run.evidence_of}"
    for field in fields(run.waivers):
        for said in getattr(run.waivers, field.name):
            yield f"waivers {field.name.replace('_', ' ')}", said
    if run.compared:
        yield "changes", f"compared with run {run.compared.against}"
    for said in run.drift.notes if run.drift else ():
        yield "changes", said


def named_severity(severity: Severity) -> Literal["critical", "high", "medium", "low"]:
    """Return the severity among the four that other programs know; `info` is the least of them."""
    match severity:
        case Severity.CRITICAL:
            return "critical"
        case Severity.HIGH:
            return "high"
        case Severity.MEDIUM:
            return "medium"
        case Severity.LOW | Severity.INFO:
            return "low"


def state_of(answer: Answer) -> AnswerState:
    """Return what is known of the question."""
    match answer:
        case Observed():
            return AnswerState.OBSERVED
        case Absent():
            return AnswerState.ABSENT
        case Denied():
            return AnswerState.DENIED
        case Failed():
            return AnswerState.FAILED
        case NotAsked():
            return AnswerState.NOT_ASKED


def said_in(answer: Answer) -> str:
    """Return an answer as text: the data as JSON, or why there is none."""
    match answer:
        case Observed(data=data):
            return json.dumps(data, ensure_ascii=False, sort_keys=True)
        case Absent(what=said) | Denied(reason=said) | Failed(reason=said):
            return said
        case NotAsked():
            return ""
