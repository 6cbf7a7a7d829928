"""Command lines on a simulated server: the auditor's script whole or not at all, and the plain commands."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.shell import reads_stdin, run
from auditor.lab.state import ServerState
from auditor.model.answer import Absent, Observed
from auditor.readers.iis_sites import iis_sites
from auditor.readers.registry_value import registry_value
from auditor.script.build import ARGUMENTS, COMMAND, questions_in, script_for
from auditor.script.reply import read_reply

Describe: TypeAlias = Callable[..., ServerState]
COLLECTOR = " ".join([COMMAND, *ARGUMENTS])
KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"
QUESTIONS = (
    iis_sites(),
    registry_value(hive="HKLM", key=r"SYSTEM\CurrentControlSet\Services\MSExchange OWA", name="SSLOffloaded"),
    registry_value(hive="HKLM", key=r"SOFTWARE\None", name="x"),
)
SERVER = load_scenario(find_scenario("small")).servers[0]
SCRIPT = script_for(QUESTIONS).encode()


def text_of(server: ServerState, line: str) -> str:
    output = run(server, line, b"")
    assert (output.exit_code, output.stderr) == (0, b"")
    return output.stdout.decode("cp437")


@pytest.mark.parametrize(
    "line", [COLLECTOR, COLLECTOR.replace("powershell", "PowerShell.exe"), COLLECTOR.replace("-No", "-no")]
)
def test_the_auditors_script_is_answered_question_by_question(line: str) -> None:
    output = run(SERVER, line, SCRIPT)

    reply = read_reply(output.stdout, QUESTIONS)
    assert (output.exit_code, output.stderr, reply.complete, reply.reason) == (0, b"", True, "")
    assert reply.platform["computer"] == "CAS-COMPLIANT"
    assert isinstance(reply.answers[QUESTIONS[0]], Observed)
    assert reply.answers[QUESTIONS[1]] == Observed(data={"type": "REG_DWORD", "data": 1})
    assert reply.answers[QUESTIONS[2]] == Absent(what="key")


@given(data=st.data())
def test_a_damaged_script_is_refused_unless_it_is_a_whole_script_with_other_questions(data: st.DataObject) -> None:
    start = data.draw(st.integers(min_value=0, max_value=len(SCRIPT) - 1))
    length = data.draw(st.integers(min_value=0, max_value=20))
    damaged = SCRIPT[:start] + data.draw(st.binary(max_size=5)) + SCRIPT[start + length :]
    assume(damaged != SCRIPT)

    output = run(SERVER, COLLECTOR, damaged)

    if output.exit_code == 0:
        text = damaged.decode("ascii")
        assert script_for(questions_in(text)) == text
    else:
        assert (output.exit_code, output.stdout) == (1, b"")
        assert b"not exactly the auditor's own" in output.stderr


@pytest.mark.parametrize(
    "script", [b"", b"Get-Process", SCRIPT[:-1], SCRIPT + b"\n", SCRIPT.replace(b"\n", b"\r\n"), b"\xff" + SCRIPT]
)
def test_a_script_that_is_cut_off_or_not_ours_does_nothing(script: bytes) -> None:
    output = run(SERVER, COLLECTOR, script)

    assert (output.exit_code, output.stdout) == (1, b"")
    assert b"not exactly the auditor's own" in output.stderr


def test_a_constrained_powershell_says_that_it_refuses(describe: Describe) -> None:
    server = describe("powershell: {language_mode: ConstrainedLanguage}")

    output = run(server, COLLECTOR, SCRIPT)

    assert output.exit_code == 1
    assert output.stdout == b"AUDITOR-REFUSED ConstrainedLanguage\r\n"


@pytest.mark.parametrize(
    "line", ["powershell -EncodedCommand AAAA", "powershell.exe -Command 1", COLLECTOR[:-4], "PowerShell"]
)
def test_other_powershell_is_refused_with_the_reason(line: str) -> None:
    output = run(SERVER, line, b"")

    assert (output.exit_code, output.stdout) == (1, b"")
    assert b"no PowerShell but the auditor's own script" in output.stderr


def test_only_the_auditors_command_waits_for_its_standard_input() -> None:
    assert reads_stdin(COLLECTOR)
    assert not any(reads_stdin(line) for line in ("", "hostname", "powershell -EncodedCommand AAAA"))


def test_the_plain_commands_say_what_the_server_is() -> None:
    assert text_of(SERVER, "hostname") == "CAS-COMPLIANT\r\n"
    assert text_of(SERVER, "  HOSTNAME.exe ") == "CAS-COMPLIANT\r\n"
    assert text_of(SERVER, "ver") == "\r\nMicrosoft Windows [Version 6.0.6002]\r\n"
    assert text_of(SERVER, "whoami") == "auditlab\\auditor\r\n"
    assert text_of(SERVER, "") == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [("echo a  b", "a  b"), ('ECHO "a & b"', '"a & b"'), ("echo", "ECHO is on."), ("echo ä漢", "ä?")],
)
def test_echo_says_its_line_in_the_code_page_of_the_console(line: str, said: str) -> None:
    assert text_of(SERVER, line) == f"{said}\r\n"


@pytest.mark.parametrize("line", ["echo a > file", "hostname & ver", "ver | more", "hostname < x"])
def test_redirection_and_pipes_are_refused_rather_than_misread(line: str) -> None:
    output = run(SERVER, line, b"")

    assert (output.exit_code, output.stdout) == (1, b"")
    assert b"without redirection or pipes" in output.stderr


def test_an_unknown_program_ends_as_in_cmd() -> None:
    output = run(SERVER, '"dir tree" /s', b"")

    assert (output.exit_code, output.stdout) == (1, b"")
    assert output.stderr == (
        b"'dir tree' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
    )


@pytest.mark.parametrize("key", [KEY, KEY.replace("HKLM", "HKEY_LOCAL_MACHINE"), KEY.replace("HKLM", "hklm")])
@pytest.mark.parametrize("name", ["SSLOffloaded", "ssloffloaded"])
def test_reg_query_shows_a_value_in_the_layout_of_reg_exe(key: str, name: str) -> None:
    shown = text_of(SERVER, f'reg query "{key}" /v {name}')

    assert shown == (
        "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\r\n"
        "    SSLOffloaded    REG_DWORD    0x1\r\n\r\n"
    )


def test_reg_query_shows_every_type_and_the_keys_below(describe: Describe) -> None:
    server = describe(
        r"""
        registry:
          HKLM\SOFTWARE\Test:
            values:
              "": {type: REG_SZ, data: ""}
              many: {type: REG_MULTI_SZ, data: [a, b]}
              bytes: {type: REG_BINARY, data: 00ff}
              long: {type: REG_QWORD, data: 18446744073709551615}
          HKLM\SOFTWARE\Test\Below: {}
        """
    )

    assert text_of(server, r"reg query HKLM\SOFTWARE\Test").split("\r\n") == [
        "",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Test",
        "    (Default)    REG_SZ    ",
        r"    many    REG_MULTI_SZ    a\0b",
        "    bytes    REG_BINARY    00FF",
        "    long    REG_QWORD    0xffffffffffffffff",
        "",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Test\Below",
        "",
    ]
    assert "(Default)" in text_of(server, r"reg query HKLM\SOFTWARE\Test /ve")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (rf'reg query "{KEY}" /v Other', "ERROR: The system was unable to find the specified registry key or value."),
        (r"reg query HKLM\None", "ERROR: The system was unable to find the specified registry key or value."),
        (r"reg query HKLM\SOFTWARE\Microsoft\InetStp /reg:32", "ERROR: The system was unable to find"),
        (r"reg query NONE\Key", "ERROR: Invalid syntax."),
        (rf'reg query "{KEY}" /v', "ERROR: Invalid syntax."),
        (r"reg query", "ERROR: Invalid syntax."),
        (r"reg add HKLM\SOFTWARE\New", "only reads its registry"),
    ],
)
def test_reg_fails_as_reg_exe_does_and_writes_nothing(line: str, error: str) -> None:
    output = run(SERVER, line, b"")

    assert (output.exit_code, output.stdout) == (1, b"")
    assert error in output.stderr.decode()


def test_reg_query_of_a_denied_key_says_so(describe: Describe) -> None:
    server = describe(rf"registry: {{{KEY}: {{denied: true}}}}")

    output = run(server, f'reg query "{KEY}"', b"")

    assert (output.exit_code, output.stderr) == (1, b"ERROR: Access is denied.\r\n")
