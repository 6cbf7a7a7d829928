"""A finding as the HTML report shows it: every part a text, ready to stand in the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor.formats.changed import Key, changes_of, counts_as_new
from auditor.formats.format import Answers
from auditor.formats.html_words import (
    KINDS,
    PARTS,
    SIGNS,
    WORDS,
    server_name,
)
from auditor.formats.sources import CheckKey, checks_of, mapped_text, source_text
from auditor.formats.told import ANSWER_STATES, AnswerState, said_in, state_of
from auditor.model.answer import Answer, NotAsked
from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import Finding, Standing, identity, order, standing
from auditor.model.run import JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerLine:
    """A question, what is known of it, and what was answered."""

    question: str
    state: AnswerState
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A finding, to be shown whole; `parts` are the texts of `html_words.PARTS`, empty where there is nothing."""

    identity: str = ""
    standing: Standing = Standing.PASS
    sign: str = ""
    word: str = ""
    severity: str = ""
    is_new: bool = False
    title: str = ""
    check: str = ""
    policy: str = ""
    server: str = ""
    parts: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(PARTS, ""))
    answers: tuple[AnswerLine, ...] = ()
    answers_left_out: int = 0


EMPTY = Card()
"""What the page's script fills in for each finding it shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cards:
    """Makes the cards of one run."""

    run: Run
    answers: Answers
    policies: Mapping[str, JudgedPolicy]
    checks: Mapping[CheckKey, JudgedCheck]
    changes: Mapping[Key, Change]
    most_answers: int

    @classmethod
    def of(cls, run: Run, answers: Answers, most_answers: int) -> "Cards":
        """Return what makes the cards of the run, each with at most so many answers."""
        return cls(
            run=run,
            answers=answers,
            policies={policy.id: policy for policy in run.policies},
            checks=checks_of(run),
            changes=changes_of(run),
            most_answers=most_answers,
        )

    def card(self, finding: Finding) -> Card:
        """Return the finding as it is shown."""
        lines = answer_lines(finding.questions, self.answers(finding.host))
        stands = standing(finding)
        return Card(
            identity=identity(finding),
            standing=stands,
            sign=SIGNS[stands],
            word=WORDS[stands] if finding.waiver is None else f"{WORDS[stands]} ({finding.verdict})",
            severity=finding.severity,
            is_new=counts_as_new(finding, self.changes),
            title=finding.title,
            check=finding.check,
            policy=finding.policy,
            server=server_name(finding.host),
            parts=self._parts(finding),
            answers=tuple(lines[: self.most_answers]),
            answers_left_out=max(len(lines) - self.most_answers, 0),
        )

    def _parts(self, finding: Finding) -> Mapping[str, str]:
        policy = self.policies.get(finding.policy)
        check = self.checks.get((finding.policy, finding.check))
        return {
            "expected": finding.expected,
            "actual": finding.actual,
            "reason": finding.reason,
            "since": since_text(self.run, self.changes.get(order(finding))),
            "waiver": waiver_text(finding.waiver) if finding.waiver else "",
            "remediation": finding.remediation,
            "rationale": check.rationale if check else "",
            "source": source_text(policy.source) if policy else "",
            "clause": finding.reference,
            "mappings": mapped_text(check),
            "place": place_text(policy, check),
        }


def answer_lines(questions: Iterable[str], answers: Mapping[str, Answer]) -> list[AnswerLine]:
    """Return what was answered, what keeps the check from being known first."""
    known = ((question, answers.get(question, NotAsked())) for question in questions)
    lines = [AnswerLine(question=each, state=state_of(answer), said=said_in(answer)) for each, answer in known]
    return sorted(lines, key=lambda line: ANSWER_STATES.index(line.state))


def since_text(run: Run, change: Change | None) -> str:
    """Return since when it is so, as far as the runs compared tell, and whose change it is."""
    if run.compared is None:
        return "Not told: this run was compared with no other."
    if change is None:
        return f"As in the run {run.compared.against}."
    if change.kind is ChangeKind.STILL_DEVIATING:
        # its sentence repeats what is found, which stands above it
        return f"Still deviating, since {change.since}."
    since = f"Since {change.since}. " if change.since else ""
    return f"{since}{KINDS[change.kind].capitalize()}: {change.text}"


def waiver_text(mark: WaiverMark) -> str:
    """Return by whom, until when and why it is waived."""
    ticket = f", ticket {mark.ticket}" if mark.ticket else ""
    return f"{mark.id}: accepted by {mark.owner} until the end of {mark.expires}{ticket}.\n{mark.reason}"


def place_text(policy: JudgedPolicy | None, check: JudgedCheck | None) -> str:
    """Return where in which policy the check stands; empty for a policy that was not kept."""
    if policy is None:
        return ""
    file = f", {policy.file}" if policy.file else ""
    line = f", line {check.line}" if check and check.line else ""
    return f"{policy.title}, version {policy.version}{file}{line}"
