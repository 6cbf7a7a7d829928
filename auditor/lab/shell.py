"""What a command line gives on a simulated server: pure, from the state, the line and its standard input.

It runs the auditor's own script, what `auditor.lab.powershell` understands of other people's, and a few plain commands
so that any WinRM client can be tried on it. Everything else ends as on a real server that does not have the program.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from auditor.errors import ReplyError
from auditor.lab import powershell, reg_exe
from auditor.lab.answers import answer, platform_of
from auditor.lab.costs import Costs
from auditor.lab.state import Output, ServerState
from auditor.model.question import Question
from auditor.script.build import ARGUMENTS, COMMAND, questions_in, script_for
from auditor.script.frame import REFUSED
from auditor.script.reply import write_reply

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_NOT_SIMULATED = "This simulated server runs no PowerShell but the auditor's own script and registry reads."
_NOT_SIMULATED_LINE = "This simulated server runs one plain command at a time, without redirection or pipes."
_CORRUPTED = "This simulated server was sent a script that is not exactly the auditor's own."


@dataclass(frozen=True, kw_only=True, slots=True)
class Time:
    """What a command takes, in seconds: `start` from its start on, `work` after that and after its input's end."""

    start: float
    work: float


def reads_stdin(command_line: str) -> bool:
    """Tell whether the command waits for the end of its standard input before it says anything."""
    return _is_collector(_words(command_line))


def run(state: ServerState, command_line: str, stdin: bytes) -> Output:
    """Return what the command writes, in the OEM code page 437, and its exit code."""
    words = _words(command_line)
    if _is_collector(words):
        return _collect(state, stdin)
    if powershell.is_powershell(words):
        return _powershell(state, words)
    return _plain(state, command_line)


def time_of(costs: Costs, command_line: str) -> Time:
    """Return what a command takes on a server with these costs."""
    words = _words(command_line)
    if not powershell.is_powershell(words):
        return Time(start=0.0, work=costs.program if words else 0.0)
    if _is_collector(words):
        return Time(start=costs.powershell_start, work=costs.script)
    script = powershell.script_in(words)
    runs_program = script is not None and powershell.read_in(script) is None
    return Time(start=costs.powershell_start, work=costs.program if runs_program else 0.0)


def _powershell(state: ServerState, words: Sequence[str]) -> Output:
    """Run a script that is not the auditor's."""
    script = powershell.script_in(words)
    if script is None or not script:
        return _error(_NOT_SIMULATED)
    read = powershell.read_in(script)
    if read is not None:
        return powershell.show(state, read)
    program = _words(script)[0].lower().removesuffix(".exe")
    return _plain(state, script) if program in COMMANDS else _error(_NOT_SIMULATED)


def _plain(state: ServerState, command_line: str) -> Output:
    words = _words(command_line)
    if not words:
        return Output()
    program = words[0].lower().removesuffix(".exe")
    if re.search(r"[&|<>]", re.sub(r'"[^"]*"', "", command_line)):
        return _error(_NOT_SIMULATED_LINE)
    if program == "echo":
        return _text(command_line.strip()[len("echo") :].removeprefix(" ") or "ECHO is on.")
    plain = COMMANDS.get(program)
    return _unknown(words[0]) if plain is None else plain(state, words[1:])


def _is_collector(words: Sequence[str]) -> bool:
    """Compare with what the transport sends; Windows ignores case in names and switches, never in base64."""
    ours = [COMMAND, *ARGUMENTS]
    if not words or len(words) != len(ours):
        return False
    program = words[0].lower().removesuffix(".exe")
    switches = [word.lower() for word in words[1:-1]] == [word.lower() for word in ours[1:-1]]
    return program == ours[0].lower().removesuffix(".exe") and switches and words[-1] == ours[-1]


def _collect(state: ServerState, stdin: bytes) -> Output:
    """Run the auditor's script: refuse it unless it is whole, so that damage on the way cannot go unnoticed."""
    if state.language_mode != "FullLanguage":
        return Output(stdout=f"{REFUSED} {state.language_mode}\r\n".encode(), exit_code=1)
    questions = _questions(stdin)
    if questions is None:
        return _error(_CORRUPTED)
    answers = {number: answer(state, question) for number, question in enumerate(questions, start=1)}
    return Output(stdout=write_reply(platform_of(state), answers))


@lru_cache(maxsize=16)
def _questions(stdin: bytes) -> tuple[Question, ...] | None:
    """Return what the script asks, or None where it is not exactly the auditor's; most servers get the same one."""
    try:
        script = stdin.decode("ascii")
        questions = questions_in(script)
        return questions if script == script_for(questions) else None
    except (ReplyError, ValueError):
        return None


def _hostname(state: ServerState, arguments: Sequence[str]) -> Output:  # noqa: ARG001  the shape all commands have
    return _text(state.computer)


def _ver(state: ServerState, arguments: Sequence[str]) -> Output:  # noqa: ARG001  the shape all commands have
    return _text(f"\r\nMicrosoft Windows [Version {state.os.version}]")


def _whoami(state: ServerState, arguments: Sequence[str]) -> Output:  # noqa: ARG001  the shape all commands have
    return _text(state.username.lower())


def _reg(state: ServerState, arguments: Sequence[str]) -> Output:
    if not arguments or arguments[0].lower() != "query":
        return _error("This simulated server only reads its registry: reg query KEY /v VALUE.")
    return reg_exe.query(state, arguments[1:])


COMMANDS: Mapping[str, Callable[[ServerState, Sequence[str]], Output]] = {
    "hostname": _hostname,
    "ver": _ver,
    "whoami": _whoami,
    "reg": _reg,
}
"""The plain commands, without `echo`, which takes its line as it stands."""


def _words(command_line: str) -> list[str]:
    """Split as the C run-time of Windows does, as far as double quotes go."""
    return [found[1] if found[2] is None else found[2] for found in _WORD.finditer(command_line)]


def _unknown(program: str) -> Output:
    text = f"'{program}' is not recognized as an internal or external command,\r\noperable program or batch file."
    return _error(text)


def _text(text: str) -> Output:
    return Output(stdout=f"{text}\r\n".encode("cp437", errors="replace"))


def _error(text: str) -> Output:
    return Output(stderr=f"{text}\r\n".encode("cp437", errors="replace"), exit_code=1)
