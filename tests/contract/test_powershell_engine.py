"""The real script in a real PowerShell, where one is on PATH: frame, JSON, checksums and the mapping of errors."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest

from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.question import Question, ask, spell
from auditor.model.value import Json
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.readers.wmi import wmi
from auditor.script.build import ARGUMENTS, script_for
from auditor.script.frame import read_frame
from auditor.script.reply import read_reply

Run = Callable[[str], bytes]

EMPTY = "$Questions = @'\n\n'@\n"
READER = """
function Read-test($p) {
    if ($p['do'] -eq 'echo') { return New-Observed $p['text'] }
    if ($p['do'] -eq 'numbers') { return New-Observed @([uint32]::MaxValue, [uint64]::MaxValue, [int]::MinValue, 0) }
    if ($p['do'] -eq 'lists') { return New-Observed @{ b = @(); a = @('one'); c = @(@(), @('one'), @{}) } }
    if ($p['do'] -eq 'words') { return New-Observed @{ yes = $true; no = $false; nothing = $null } }
    if ($p['do'] -eq 'hex') { return New-Observed (Get-Hex ([byte[]]@(0, 255, 16))) }
    if ($p['do'] -eq 'unauthorized') { throw (New-Object System.UnauthorizedAccessException 'no') }
    if ($p['do'] -eq 'security') { throw (New-Object System.Security.SecurityException 'no') }
    if ($p['do'] -eq 'wrapped') { [void][IO.File]::OpenRead([IO.Path]::GetTempPath()) }
    if ($p['do'] -eq 'absent') { return New-Absent 'key' }
    if ($p['do'] -eq 'error') { throw 'broken' }
    if ($p['do'] -eq 'fraction') { return New-Observed 1.5 }
    if ($p['do'] -eq 'two') { New-Absent 'key'; New-Absent 'key' }
}
"""
WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="the registry and WMI are on Windows")
pytestmark = pytest.mark.powershell


@pytest.fixture(scope="module")
def run() -> Run:
    """Return a function that runs a script as the transport does, and gives its standard output."""
    program = shutil.which("powershell") or shutil.which("pwsh")
    if program is None:
        pytest.skip("neither powershell nor pwsh is on PATH")

    def output(script: str) -> bytes:
        return subprocess.run([program, *ARGUMENTS], input=script.encode(), stdout=subprocess.PIPE, check=True).stdout

    return output


def answers(run: Run, questions: list[Question]) -> list[Mapping[str, Json]]:
    """Ask the test's own reader, in the given order."""
    lines = "\n".join(f"{number} {spell(question)}" for number, question in enumerate(questions, start=1))
    script = script_for([])
    assert script.count(EMPTY) == 1

    frame = read_frame(run(script.replace(EMPTY, f"{READER}$Questions = @'\n{lines}\n'@\n")))

    assert frame is not None
    assert frame.problem == ""
    return [json.loads(frame.texts[str(number)]) for number in range(1, len(questions) + 1)]


def answer_to(run: Run, do: str, **parameters: str) -> Mapping[str, Json]:
    return answers(run, [ask("test", do=do, **parameters)])[0]


def test_the_reply_of_a_real_powershell_is_read(run: Run) -> None:
    reply = read_reply(run(script_for([])), [])

    assert reply.complete
    assert set(reply.platform) == {"powershell", "clr", "os", "bits", "language_mode", "computer", "now"}


@pytest.mark.parametrize(
    "text", ["", "plain", " a ", "Straße", "%41|=%", "a'@\n$(1)`\"\\", "\x00\x1f\x7f", "\u2028\ufeff\U0001f600", "'@"]
)
def test_text_goes_there_and_back_unchanged(run: Run, text: str) -> None:
    assert answer_to(run, "echo", text=text) == {"state": "observed", "data": text}


@pytest.mark.parametrize(
    ("do", "data"),
    [
        ("numbers", [2**32 - 1, 2**64 - 1, -(2**31), 0]),
        ("lists", {"a": ["one"], "b": [], "c": [[], ["one"], {}]}),
        ("words", {"yes": True, "no": False, "nothing": None}),
        ("hex", "00ff10"),
    ],
)
def test_values_arrive_with_their_type(run: Run, do: str, data: Json) -> None:
    assert answer_to(run, do) == {"state": "observed", "data": data}


@pytest.mark.parametrize(
    ("do", "state"),
    [
        ("unauthorized", "denied"),
        ("security", "denied"),
        ("wrapped", "denied"),
        ("absent", "absent"),
        ("error", "failed"),
        ("fraction", "failed"),
        ("two", "failed"),
        ("nothing", "failed"),
    ],
)
def test_outcomes_are_told_apart(run: Run, do: str, state: str) -> None:
    assert answer_to(run, do)["state"] == state


def test_a_failing_question_loses_only_itself(run: Run) -> None:
    asked = [ask("test", do="error"), ask("missing_reader"), ask("test", do="absent")]

    assert [answer["state"] for answer in answers(run, asked)] == ["failed", "failed", "absent"]


def test_every_reader_answers_something_readable(run: Run) -> None:
    asked = [
        registry_value(hive="HKLM", key="SOFTWARE", name="x"),
        registry_key(hive="HKLM", key="SOFTWARE"),
        wmi(namespace=r"root\cimv2", class_name="Win32_OperatingSystem", properties=["Version"]),
    ]

    reply = read_reply(run(script_for(asked)), asked)

    assert reply.complete
    assert all(isinstance(answer, Observed | Absent | Denied | Failed) for answer in reply.answers.values())


@WINDOWS
def test_the_registry_of_this_computer_is_read(run: Run) -> None:
    key = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    expected: Mapping[Question, type[Answer]] = {
        registry_value(hive="HKLM", key=key, name="SystemRoot"): Observed,
        registry_value(hive="HKLM", key=key, name="no such value"): Absent,
        registry_value(hive="HKLM", key=rf"{key}\no such key", name="x"): Absent,
        registry_key(hive="HKLM", key=key): Observed,
    }

    reply = read_reply(run(script_for(list(expected))), list(expected))

    assert {question: type(answer) for question, answer in reply.answers.items()} == expected
