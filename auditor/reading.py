"""One planned server -> its evidence: asked once, within its own deadline, never raising for what it does."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor import __version__
from auditor.ending import Ending
from auditor.errors import ServerNotReachedError
from auditor.model.answer import Answer, Answers, Denied, Failed
from auditor.model.evidence import Evidence, Status
from auditor.model.moment import show_moment
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.model.reader import Side
from auditor.readers import READERS
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline, Delivery, Transport

Clock = Callable[[], datetime]

_LAST = 0.3
"""The share of its time at whose end a server that was not read ran out of it; transports keep some for leaving."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What reading a server needs: a way to it, a look from outside, seconds per server, a clock (aware, UTC).

    `ending` may end it early: a server not yet begun is then not asked, and one under way gets no more time.
    """

    transport: Transport
    looks: Looks
    timeout: float
    clock: Clock
    ending: Ending = field(default_factory=Ending)

    def stop(self) -> None:
        """Break off all that is under way."""
        self.transport.stop()
        self.looks.stop()

    def read(self, planned: Planned) -> Evidence:
        """Return the evidence of one server; never raises for what the server does."""
        if why := self.ending.why():
            return unread(planned, not_begun(planned, self.ending, why), self.clock())
        own, started = Deadline.after(self.timeout), time.monotonic()
        deadline = self.ending.limit(own)
        scarce = deadline.remains() * _LAST if deadline is not own else 0.0
        collected = self.clock()
        delivery, reason = self._ask(planned, deadline)
        outside = {question: self._look(planned, question, deadline) for question in _on(Side.AUDITOR, planned)}
        answers = {**(delivery.answers if delivery else {}), **outside}
        status, why = self._ended(planned, *_status(delivery, reason, answers), cut=deadline.remains() < scarce)
        total = {"total": round(time.monotonic() - started, 3)}
        return Evidence(
            server=planned.server.name,
            groups=planned.server.groups,
            policies=planned.policies,
            inputs=planned.inputs,
            status=status,
            reason=why,
            collected=show_moment(collected),
            collector=f"auditor {__version__}",
            transport=self.transport.name,
            platform=delivery.platform if delivery else {},
            answers=answers,
            timings={**(delivery.timings if delivery else {}), **total},
            exchanges=delivery.exchanges if delivery else 0,
        )

    def _ended(self, planned: Planned, status: Status, reason: str, *, cut: bool) -> tuple[Status, str]:
        """Return how far a server was read and why, which is the ending where that broke it off or `cut` it short."""
        ended = self.ending.why() or ("the audit's deadline passed" if cut else "")
        if not ended or status is Status.REACHED:
            return status, reason
        self.ending.cut(planned.server.name)
        told = f"{ended} while it was read; ask it with --resume"
        return status, told if status is Status.UNREACHABLE else f"{reason}; {told}"

    def _ask(self, planned: Planned, deadline: Deadline) -> tuple[Delivery | None, str]:
        """Return what the server delivered, or None and why not."""
        questions = _on(Side.SERVER, planned)
        if not questions:
            return Delivery(answers={}), ""
        try:
            return self.transport.ask(planned.server, questions, deadline), ""
        except ServerNotReachedError as error:
            return None, str(error)
        except Exception as error:  # noqa: BLE001  a bug met at one server must not cost the evidence of the others
            return None, bug(error)

    def _look(self, planned: Planned, question: Question, deadline: Deadline) -> Answer:
        try:
            return self.looks.look(planned.server.connection.address, question, deadline)
        except Exception as error:  # noqa: BLE001  see _ask
            return Failed(reason=bug(error))


def unread(planned: Planned, reason: str, moment: datetime) -> Evidence:
    """Return the evidence of a server that was not read, and why; no transport was used."""
    return Evidence(
        server=planned.server.name,
        groups=planned.server.groups,
        policies=planned.policies,
        inputs=planned.inputs,
        status=Status.UNREACHABLE,
        reason=reason,
        collected=show_moment(moment),
        collector=f"auditor {__version__}",
        transport="none",
    )


def not_begun(planned: Planned, ending: Ending, why: str) -> str:
    """Return the reason of a server that is not read because collecting ends, and have that noted."""
    ending.cut(planned.server.name)
    return f"{why} before it was read; ask it with --resume"


def bug(error: BaseException) -> str:
    """Return what a report of an unexpected error needs, on one line."""
    where = "".join(traceback.format_exception(error)).strip().splitlines()[-3:]
    return f"a bug in auditor {__version__}, please report it: {' | '.join(map(str.strip, where))}"


def _on(side: Side, planned: Planned) -> tuple[Question, ...]:
    return tuple(question for question in planned.questions if READERS[question.kind].side is side)


def _status(delivery: Delivery | None, reason: str, answers: Answers) -> tuple[Status, str]:
    if delivery is None:
        return Status.UNREACHABLE, reason
    if not delivery.complete:
        return Status.PARTIAL, delivery.reason
    if short := _shortfall(answers):
        return Status.PARTIAL, short
    return Status.REACHED, ""


def _shortfall(answers: Mapping[Question, Answer]) -> str:
    denied = sum(isinstance(answer, Denied) for answer in answers.values())
    failed = sum(isinstance(answer, Failed) for answer in answers.values())
    told = [
        f"{number} of {len(answers)} questions {what}"
        for number, what in ((denied, "denied"), (failed, "failed"))
        if number
    ]
    return ", ".join(told)
