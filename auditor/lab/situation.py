"""What a simulated server would answer, without the network: for example evidence. Pure."""

from collections.abc import Iterable, Mapping

from auditor.lab import shell, web
from auditor.lab.state import Reachability, ServerState
from auditor.model.answer import Answer, Answers, Failed, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.question import Question
from auditor.model.reader import Side
from auditor.model.value import Value
from auditor.readers import READERS
from auditor.script.build import ARGUMENTS, COMMAND, script_for
from auditor.script.reply import read_reply


def evidence_of(
    state: ServerState, questions: Iterable[Question], policies: tuple[str, ...], inputs: Mapping[str, Value]
) -> Evidence:
    """Return the evidence that a collection from this server would give."""
    reached = state.reachability is Reachability.REACHABLE
    return Evidence(
        server=state.name,
        policies=policies,
        inputs=inputs,
        status=Status.REACHED if reached else Status.UNREACHABLE,
        reason="" if reached else state.reachability.value,
        collected="",
        collector="lab",
        transport="lab",
        answers=answers_of(state, questions) if reached else {},
    )


def answers_of(state: ServerState, questions: Iterable[Question]) -> Answers:
    """Return an answer to every question, as the script and the network reader would give it."""
    asked = sorted(set(questions))
    inside = [question for question in asked if READERS[question.kind].side is Side.SERVER]
    outside = {question: _look(state, question) for question in asked if question not in inside}
    return {**_answers(state, inside), **outside}


def _answers(state: ServerState, questions: list[Question]) -> Answers:
    output = shell.run(state, " ".join((COMMAND, *ARGUMENTS)), script_for(questions).encode("ascii"))
    return read_reply(output.stdout, questions).answers


def _look(state: ServerState, question: Question) -> Answer:
    if not state.web.listening:
        return Failed(reason="connection refused")
    secure = question["scheme"] == "https"
    response = web.respond(state, question["method"], question["path"], secure, {"Host": state.name})
    headers = {name.lower(): [value] for name, value in response.headers.items()}
    return Observed(data={"status": response.status, "headers": headers})
