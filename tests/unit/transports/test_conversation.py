"""A conversation over a line of the test's own: what was received before it broke off is not thrown away."""

from collections.abc import Sequence

import pytest

from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.answer import Failed, Observed
from auditor.readers.registry_value import registry_value
from auditor.script.build import numbered
from auditor.script.reply import write_reply
from auditor.transports.adapter import Wire
from auditor.transports.conversation import Conversation, Output
from auditor.transports.guard import Guard, Guards
from auditor.transports.transport import Deadline, Delivery

QUESTIONS = [registry_value(hive="HKLM", key="SOFTWARE", name=name) for name in ("a", "b", "c")]
REPLY = write_reply(
    {"powershell": "2.0"},
    {number: {"state": "observed", "data": {"type": "REG_DWORD", "data": number}} for number in numbered(QUESTIONS)},
)
LOST = ServerNotReachedError(NotReached.BROKEN, "cas01:5985: the connection was lost; run the audit again")


class Spoken:
    """A line that says given parts, then breaks off."""

    def __init__(self, parts: Sequence[Output]) -> None:
        self.wire = Wire(watch=lambda _: None, deadline=Deadline.after(60), heard=lambda: None, exchanges=5)
        self.parts = list(parts)
        self.shells = 0
        self.signalled = False

    def create(self) -> str:
        self.shells += 1
        return "shell"

    def start(self, shell: str, command: str, arguments: Sequence[str]) -> str:
        return "command"

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        assert end

    def receive(self, shell: str, command: str) -> Output | None:
        if not self.parts:
            raise LOST
        return self.parts.pop(0)

    def signal(self, shell: str, command: str) -> None:
        self.signalled = True

    def delete(self, shell: str) -> None:
        self.shells -= 1

    def close(self) -> None:
        pass


def hold(line: Spoken) -> Delivery:
    def dial(_guard: Guard, _until: Deadline) -> Spoken:
        return line

    return Conversation(dial=dial, place="cas01:5985", deadline=Deadline.after(60)).hold(QUESTIONS, Guards())


def test_a_whole_reply_in_several_parts_is_complete() -> None:
    delivery = hold(Spoken([Output(stdout=REPLY[:50]), Output(stdout=REPLY[50:], done=True)]))

    assert delivery.complete
    assert all(isinstance(answer, Observed) for answer in delivery.answers.values())


def test_the_whole_lines_of_a_reply_that_broke_off_are_kept_and_the_rest_is_failed() -> None:
    line = Spoken([Output(stdout=REPLY[: REPLY.index(b"\n2 ") + 20])])

    delivery = hold(line)

    kinds = [type(answer) for answer in delivery.answers.values()]
    assert kinds.count(Observed) == 1
    assert kinds.count(Failed) == 2
    assert not delivery.complete
    assert "the connection was lost" in delivery.reason


def test_without_one_line_of_a_reply_the_server_was_not_reached_for_the_reason_it_broke_off() -> None:
    with pytest.raises(ServerNotReachedError, match="the connection was lost"):
        hold(Spoken([Output(stdout=b"noise")]))


def test_a_command_that_broke_off_is_ended_and_its_shell_deleted() -> None:
    line = Spoken([Output(stdout=REPLY[:100])])

    hold(line)

    assert line.signalled
    assert line.shells == 0
