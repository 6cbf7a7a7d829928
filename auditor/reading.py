"""One planned server -> its evidence: asked once, within its own deadline, never raising for what it does."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor import __version__
from auditor.ending import Ending
from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.answer import Answer, Answers, Denied, Failed
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Server
from auditor.model.moment import show_moment
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.model.reader import Side
from auditor.readers import READERS
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline, Delivery, Transport

Clock = Callable[[], datetime]

_LEAVING = 5.0
"""Seconds before its deadline within which a server that did not answer in time ran out of it: transports keep some."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What a server delivered, or None and why not; `is_late` says that more time could have brought more."""

    delivery: Delivery | None = None
    reason: str = ""
    is_late: bool = False
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What reading a server needs: a way to it, a look from outside, seconds per server, a clock (aware, UTC).

    `looked_at` is told when nothing but looks from outside is left.
    `ending` may end it early: a server not yet begun is then not asked, and one under way gets no more time.
    """

    transport: Transport
    looks: Looks
    timeout: float
    clock: Clock
    ending: Ending = field(default_factory=Ending)
    looked_at: Callable[[Server], object] = lambda _: None

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
        collected = self.clock()
        asked = self._ask(planned, deadline)
        delivery = asked.delivery
        outside, looked = self._look_from_outside(planned, deadline)
        answers = {**(delivery.answers if delivery else {}), **outside}
        cut = deadline is not own and deadline.remains() <= (_LEAVING if asked.is_late else 0.0)
        status, why = self._ended(planned, *_status(delivery, asked.reason, answers), cut=cut)
        timings = {**asked.timings, **looked, "total": _since(started)}
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
            timings=timings,
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

    def _ask(self, planned: Planned, deadline: Deadline) -> _Asked:
        questions = _on(Side.SERVER, planned)
        if not questions:
            return _Asked(delivery=Delivery(answers={}))
        try:
            delivery = self.transport.ask(planned.server, questions, deadline)
        except ServerNotReachedError as error:
            return _Asked(reason=str(error), is_late=error.kind is NotReached.TIMED_OUT, timings=error.timings)
        except Exception as error:  # noqa: BLE001  a bug met at one server must not cost the evidence of the others
            return _Asked(reason=bug(error))
        return _Asked(delivery=delivery, is_late=not delivery.complete, timings=delivery.timings)

    def _look_from_outside(self, planned: Planned, deadline: Deadline) -> tuple[Answers, Mapping[str, float]]:
        """Return what looks from outside see, and how long they took, if there are any."""
        questions, started = _on(Side.AUDITOR, planned), time.monotonic()
        if not questions:
            return {}, {}
        self.looked_at(planned.server)
        answers = {question: self._look(planned, question, deadline) for question in questions}
        return answers, {"look": _since(started)}

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


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 3)


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
