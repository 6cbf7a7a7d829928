"""Shells and commands of one simulated server: who may open how many, what runs, what is delivered when; no sockets."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from auditor.lab import faults
from auditor.lab.counters import Counters
from auditor.lab.replies import Delivery, Piece, split, take
from auditor.lab.shell import reads_stdin, run, time_of
from auditor.lab.state import Output, ServerState

OPERATIONS_PER_USER = 15
"""MaxConcurrentOperationsPerUser of Windows 7 and Server 2008 R2. A finished command of a text shell gives its
place back only when the shell is deleted (MS-WSMV, product behaviour note 118)."""

LONGEST_COMMAND_LINE = 8191 - len("cmd /c ")
"""cmd.exe takes 8191 characters (KB 830473)."""

_IDLE_SECONDS_2_0 = 180.0
_IDLE_SECONDS_3_0 = 7200.0
_ENVELOPE_KB_2_0 = 150
_SIGNALS = frozenset({"terminate", "ctrl_c", "ctrl_break"})


@dataclass(slots=True)
class _Command:
    line: str
    through_cmd: bool
    reads_stdin: bool
    started_at: float
    stdin: bytearray = field(default_factory=bytearray)
    stdin_ended: bool = False
    ready_at: float | None = None
    output: list[Piece] | None = None
    exit_code: int = 0
    delivered: bool = False


@dataclass(slots=True)
class _Shell:
    idle_seconds: float
    used_at: float
    commands: dict[str, _Command] = field(default_factory=dict)


class Shells:
    """All shells of one server; every method may be called from any thread and raises `FaultError`."""

    def __init__(self, state: ServerState, counters: Counters, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._counters = counters
        self._clock = clock
        self._shells: dict[str, _Shell] = {}
        self._changed = threading.Condition()
        self._closed = False

    @property
    def default_idle_seconds(self) -> float:
        """After how long an unused shell expires: WinRM 2.0 three minutes, later two hours."""
        return _IDLE_SECONDS_3_0 if is_winrm_3(self._state) else _IDLE_SECONDS_2_0

    def create(self, idle_seconds: float) -> str:
        """Open a shell and return its ShellId."""
        with self._changed:
            self._expire()
            if len(self._shells) >= self._state.max_shells_per_user:
                raise faults.too_many_shells(self._state.max_shells_per_user)
            shell_id = _new_id()
            self._shells[shell_id] = _Shell(idle_seconds=idle_seconds, used_at=self._clock())
            self._counters.add("shells_opened")
            return shell_id

    def command(self, shell_id: str, line: str, *, through_cmd: bool = True) -> str:
        """Start a command and return its CommandId; it runs at once unless it reads standard input."""
        with self._changed:
            shell = self._shell(shell_id)
            if sum(len(each.commands) for each in self._shells.values()) >= OPERATIONS_PER_USER:
                raise faults.too_many_operations(OPERATIONS_PER_USER)
            command = _Command(
                line=line, through_cmd=through_cmd, reads_stdin=reads_stdin(line), started_at=self._clock()
            )
            if not command.reads_stdin:
                self._begin(command)
            command_id = _new_id()
            shell.commands[command_id] = command
            self._counters.add("commands")
            return command_id

    def send(self, shell_id: str, command_id: str, data: bytes, *, end: bool) -> None:
        """Give a command some standard input; `end` closes it, and a command that waited for that runs.

        A command that does not read takes it all the same, as a pipe does, until its output is delivered.
        """
        with self._changed:
            command = self._command(shell_id, command_id)
            if command.delivered:
                raise faults.no_such_command(command_id)
            if command.stdin_ended:
                raise faults.input_closed()
            command.stdin += data
            command.stdin_ended = end
            if end and command.reads_stdin:
                self._begin(command)
                self._changed.notify_all()

    def receive(self, shell_id: str, command_id: str, room: int, timeout: float) -> Delivery:
        """Return up to `room` bytes of output; waits for it up to `timeout` seconds, then faults with TimedOut."""
        until = self._clock() + timeout
        with self._changed:
            command = self._command(shell_id, command_id)
            if command.delivered:
                raise faults.no_such_command(command_id)
            while (left := self._seconds_to_wait(command, until)) > 0:
                self._changed.wait(left)
                if self._closed or not self._is_there(shell_id, command):
                    raise faults.aborted()
            if command.ready_at is None or command.ready_at > self._clock():
                raise faults.timed_out()
            return self._deliver(command, room)

    def signal(self, shell_id: str, command_id: str, code: str) -> None:
        """End a command: `code` is the last part of the signal's URI."""
        with self._changed:
            command = self._command(shell_id, command_id)
            if code not in _SIGNALS:
                raise faults.invalid_parameter("The signal is not known.")
            command.delivered = True
            self._changed.notify_all()

    def delete(self, shell_id: str) -> None:
        """Free a shell with all its commands."""
        with self._changed:
            self._shell(shell_id)
            del self._shells[shell_id]
            self._counters.add("shells_deleted")
            self._changed.notify_all()

    def close(self) -> None:
        """Wake up everybody who waits; they get a fault."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _expire(self) -> None:
        now = self._clock()
        for shell_id in [key for key, shell in self._shells.items() if now - shell.used_at > shell.idle_seconds]:
            del self._shells[shell_id]
            self._counters.add("shells_expired")

    def _shell(self, shell_id: str) -> _Shell:
        self._expire()
        shell = self._shells.get(shell_id)
        if shell is None:
            raise faults.no_such_shell(shell_id)
        shell.used_at = self._clock()
        return shell

    def _command(self, shell_id: str, command_id: str) -> _Command:
        command = self._shell(shell_id).commands.get(command_id)
        if command is None:
            raise faults.no_such_command(command_id)
        return command

    def _is_there(self, shell_id: str, command: _Command) -> bool:
        return shell_id in self._shells and not command.delivered

    def _begin(self, command: _Command) -> None:
        """Let a command work that has its input, once it has started."""
        time_of_command = time_of(self._state.costs, command.line)
        begins = max(self._clock(), command.started_at + time_of_command.start)
        command.ready_at = begins + time_of_command.work

    def _seconds_to_wait(self, command: _Command, until: float) -> float:
        now = self._clock()
        return min(until, until if command.ready_at is None else command.ready_at) - now

    def _deliver(self, command: _Command, room: int) -> Delivery:
        if command.output is None:
            result = self._run(command)
            command.output = split("stdout", result.stdout) + split("stderr", result.stderr)
            command.exit_code = result.exit_code
        pieces, command.output = take(command.output, room)
        command.delivered = not command.output
        return Delivery(pieces=pieces, done=command.delivered, exit_code=command.exit_code)

    def _run(self, command: _Command) -> Output:
        if command.through_cmd and len(command.line) > LONGEST_COMMAND_LINE:
            return Output(stderr=b"The command line is too long.\r\n", exit_code=1)
        return run(self._state, command.line, bytes(command.stdin))


def is_winrm_3(state: ServerState) -> bool:
    """Tell whether the server has WinRM 3.0 or later, known by its larger default envelope."""
    return state.max_envelope_kb > _ENVELOPE_KB_2_0


def _new_id() -> str:
    return str(uuid.uuid4()).upper()
