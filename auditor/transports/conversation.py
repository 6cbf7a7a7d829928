"""One shell from Create to Delete over a line to a WinRM service: one script in, one reply out.

The conversation after authentication is Create, Command, Send, Receive, Delete (MS-WSMV 3.1.4); Signal is sent only
to a command that did not finish.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from auditor.errors import NotReached, ReplyError, ServerNotReachedError
from auditor.model.question import Question
from auditor.script.build import ARGUMENTS, COMMAND, script_for
from auditor.script.reply import Reply, read_reply
from auditor.transports.adapter import Wire
from auditor.transports.clixml import error_text
from auditor.transports.failures import timed_out
from auditor.transports.guard import Guard, Guards
from auditor.transports.transport import Deadline, Delivery

# base64 and the envelope around it stay below the 150 KB of WinRM 2.0
CHUNK_BYTES = 90_000
MAX_OUTPUT_BYTES = 64 * 1024 * 1024
_CLOSING_SECONDS = 3
_PAUSE_SECONDS = 0.2
_BUSY_TRIES = 3
_BUSY_SECONDS = 1.0
_LAST_SECONDS = 1.5


@dataclass(kw_only=True, slots=True)
class Output:
    """What a command wrote so far; `done` when there will be no more, `broken` when the rest is lost, and why.

    `began` is when the first of it came, on the monotonic clock, and 0 before.
    """

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    done: bool = False
    broken: ServerNotReachedError | None = None
    began: float = 0.0


class Line(Protocol):
    """A way to a WinRM service; every method is one exchange and raises `ServerNotReachedError`."""

    @property
    def wire(self) -> Wire:
        """What was measured so far."""

    def create(self) -> str:
        """Open a shell and return its id."""

    def start(self, shell: str, command: str, arguments: Sequence[str]) -> str:
        """Start a command and return its id."""

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        """Give the command standard input; `end` closes it."""

    def receive(self, shell: str, command: str) -> Output | None:
        """Return what the command wrote since, or None when it wrote nothing in the time of one operation."""

    def signal(self, shell: str, command: str) -> None:
        """End the command."""

    def delete(self, shell: str) -> None:
        """Free the shell."""

    def close(self) -> None:
        """Close the connection."""


class Phases:
    """Writes down how long each phase took, in seconds; one begins where the one before it ended."""

    def __init__(self, timings: dict[str, float]) -> None:
        self._timings, self._began = timings, time.monotonic()

    def end(self, name: str, moment: float | None = None, *, without: float = 0.0) -> None:
        """End a phase now, or at a moment that has passed; `without` seconds of it belong to another."""
        ended = time.monotonic() if moment is None else moment
        self._timings[name] = round(max(0.0, ended - self._began - without), 3)
        self._began = ended

    @contextmanager
    def during(self, name: str) -> Iterator[None]:
        """End the phase after what is done inside, also when that fails."""
        try:
            yield
        finally:
            self.end(name)


Dial = Callable[[Guard, Deadline], Line]


@dataclass(kw_only=True, slots=True)
class Conversation:
    """With one server, `place` in messages; the last seconds before the deadline are kept for deleting the shell."""

    dial: Dial
    place: str
    deadline: Deadline
    timings: dict[str, float] = field(default_factory=dict)

    def hold(self, questions: Sequence[Question], guards: Guards) -> Delivery:
        """Return the answers; raises `ServerNotReachedError` when there are none."""
        working = self.deadline.sooner(min(_CLOSING_SECONDS, self.deadline.remains() / 4))
        script = script_for(questions).encode("ascii")
        try:
            with guards.watching(working) as guard, closing(self.dial(guard, working)) as line:
                output = self._run(line, script, working)
            reply = self._read(output, questions)
        except ServerNotReachedError as error:
            error.timings = self.timings
            raise
        return Delivery(
            answers=reply.answers,
            platform=reply.platform,
            timings=self.timings,
            exchanges=line.wire.exchanges,
            complete=reply.complete,
            reason=f"{reply.reason}; {output.broken}" if reply.reason and output.broken else reply.reason,
        )

    def _run(self, line: Line, script: bytes, working: Deadline) -> Output:
        phases = Phases(self.timings)
        shell = self._create(line, phases)
        try:
            with phases.during("start"):
                command = line.start(shell, COMMAND, ARGUMENTS)
                self._send(line, shell, command, script, working)
            output = self._receive(line, shell, command, working)
            phases.end("read", output.began or None)
            phases.end("transfer")
            return output
        finally:
            with phases.during("close"):
                self._delete(line, shell)

    def _create(self, line: Line, phases: Phases) -> str:
        """Open a shell; what comes before the request for it is connecting and logging on."""
        asked: float | None = None
        try:
            shell = line.create()
            asked = line.wire.sent
            return shell
        finally:
            phases.end("authenticate", asked, without=line.wire.connecting)
            self.timings["connect"] = round(line.wire.connecting, 3)

    def _read(self, output: Output, questions: Sequence[Question]) -> Reply:
        try:
            return read_reply(output.stdout, questions)
        except ReplyError as error:
            raise output.broken or self._no_reply(output, error) from error

    def _send(self, line: Line, shell: str, command: str, script: bytes, working: Deadline) -> None:
        starts = range(0, len(script), CHUNK_BYTES)
        for start in starts:
            chunk, tries = script[start : start + CHUNK_BYTES], _BUSY_TRIES
            while tries:
                tries -= 1
                try:
                    line.send(shell, command, chunk, end=start == starts[-1])
                    break
                except ServerNotReachedError as error:
                    if error.kind is not NotReached.BUSY or not tries or working.remains() < _BUSY_SECONDS:
                        raise
                    time.sleep(_BUSY_SECONDS)

    def _receive(self, line: Line, shell: str, command: str, working: Deadline) -> Output:
        """Return all output, or what there was until it broke off: its whole lines are answers."""
        output = Output()
        try:
            while True:
                self._receive_more(line, shell, command, output)
                if output.stdout and not output.began:
                    output.began = line.wire.answered
                if output.done:
                    return output
                if len(output.stdout) + len(output.stderr) > MAX_OUTPUT_BYTES:
                    raise self._endless()
                if working.remains() < _LAST_SECONDS:
                    raise timed_out(self.place)
        except ServerNotReachedError as error:
            output.broken = error
            with suppress(ServerNotReachedError):
                line.signal(shell, command)
        return output

    def _receive_more(self, line: Line, shell: str, command: str, output: Output) -> None:
        """Add what one Receive brings; a command that writes nothing for a while is asked again."""
        part = line.receive(shell, command)
        if part is None:
            return
        output.stdout += part.stdout
        output.stderr += part.stderr
        output.exit_code, output.done = part.exit_code, part.done
        if not (part.stdout or part.stderr or part.done):
            time.sleep(_PAUSE_SECONDS)  # a server that says nothing, but at once, is not to be hammered

    def _delete(self, line: Line, shell: str) -> None:
        """Delete the shell, on a line of its own if this one is lost; a server that hangs frees it by itself."""
        with suppress(ServerNotReachedError):
            line.delete(shell)
            return
        end = min(self.deadline, Deadline.after(_CLOSING_SECONDS), key=Deadline.remains)
        with suppress(ServerNotReachedError), Guard(end) as guard, closing(self.dial(guard, end)) as fresh:
            fresh.delete(shell)

    def _endless(self) -> ServerNotReachedError:
        what = "the output has no end; look at the server's PowerShell"
        return ServerNotReachedError(NotReached.GARBLED, f"{self.place}: {what}")

    def _no_reply(self, output: Output, error: ReplyError) -> ServerNotReachedError:
        said = error_text(output.stderr)
        detail = f" (exit code {output.exit_code}{f': {said}' if said else ''})"
        step = "check that PowerShell starts on the server, and try the output of `auditor script` there"
        return ServerNotReachedError(NotReached.GARBLED, f"{self.place}: {error}{detail}; {step}")
