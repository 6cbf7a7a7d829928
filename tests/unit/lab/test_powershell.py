"""Other people's PowerShell on a simulated server: one registry value, one plain command, and nothing else."""

import base64
from collections.abc import Callable
from typing import TypeAlias

import pytest

from auditor.lab.shell import run
from auditor.lab.state import Output, ServerState

Describe: TypeAlias = Callable[..., ServerState]
SERVER = r"""
registry:
  HKLM\SOFTWARE\A Key:
    values:
      Number: {type: REG_DWORD, data: 7}
      High: {type: REG_DWORD, data: 4294967295}
      Long: {type: REG_QWORD, data: 18446744073709551614}
      Text: {type: REG_SZ, data: "ä b"}
      Many: {type: REG_MULTI_SZ, data: [a, b]}
      Bytes: {type: REG_BINARY, data: 00ff}
  HKLM\SOFTWARE\Closed: {denied: true}
"""


@pytest.fixture
def server(describe: Describe) -> ServerState:
    return describe(SERVER)


def _run(server: ServerState, script: str, switches: str = "powershell -encodedcommand") -> Output:
    return run(server, f"{switches} {base64.b64encode(script.encode('utf-16-le')).decode()}", b"")


@pytest.mark.parametrize(
    "script",
    [
        r"(Get-ItemProperty -Path 'HKLM:\SOFTWARE\A Key' -Name 'Number').Number",
        r'(Get-ItemProperty -LiteralPath "HKLM:\SOFTWARE\A Key" -Name Number)."Number"',
        r"(get-itemproperty 'hklm:\software\a key').number",
        r"(Get-ItemProperty 'Registry::HKEY_LOCAL_MACHINE\SOFTWARE\A Key' -Name Number).Number",
        "  Get-ItemPropertyValue -Path 'HKLM:\\SOFTWARE\\A Key' -Name 'Number'\n",
    ],
)
def test_a_registry_value_is_read_in_the_usual_spellings(server: ServerState, script: str) -> None:
    assert _run(server, script) == Output(stdout=b"7\r\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("High", "-1"), ("Long", "-2"), ("Text", "ä b"), ("Many", "a\r\nb")],
)
def test_a_value_is_shown_as_powershell_shows_it(server: ServerState, name: str, shown: str) -> None:
    output = _run(server, rf"(Get-ItemProperty -Path 'HKLM:\SOFTWARE\A Key' -Name '{name}').{name}")

    assert output.stdout.decode("cp437") == f"{shown}\r\n"


@pytest.mark.parametrize(
    ("path", "name", "error"),
    [
        ("A Key", "Other", "Property Other does not exist"),
        ("Nowhere", "Number", "Cannot find path"),
        ("Closed", "Number", "not allowed"),
        ("A Key", "Bytes", "shows no REG_BINARY"),
    ],
)
def test_a_value_that_cannot_be_shown_is_an_error_and_never_empty(
    server: ServerState, path: str, name: str, error: str
) -> None:
    output = _run(server, rf"(Get-ItemProperty -Path 'HKLM:\SOFTWARE\{path}' -Name '{name}').{name}")

    assert (output.stdout, output.exit_code) == (b"", 1)
    assert error in output.stderr.decode()


@pytest.mark.parametrize(
    "switches",
    [
        "powershell -encodedcommand",
        "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand",
        "powershell.exe -NoLogo -InputFormat None -enc",
        "powershell -e",
    ],
)
def test_a_plain_command_within_powershell_is_that_command(server: ServerState, switches: str) -> None:
    line = r'reg query "HKLM\SOFTWARE\A Key" /v Number'

    output = _run(server, line, switches)

    assert output == run(server, line, b"")
    assert b"REG_DWORD    0x7" in output.stdout


@pytest.mark.parametrize(
    "script",
    [
        "",
        "Get-Process",
        "echo hello",
        r"(Get-ItemProperty -Path 'HKLM:\SOFTWARE\A Key' -Name 'Number').Other",
        r"(Get-ItemProperty -Path 'HKLM:\SOFTWARE\A Key' -Name 'Number').Number; Get-Process",
        r"Set-ItemProperty -Path 'HKLM:\SOFTWARE\A Key' -Name 'Number' -Value 8",
        r"(Get-ItemProperty -Path 'C:\Windows' -Name 'Number').Number",
        r"reg add HKLM\SOFTWARE\New",
        "hostname; whoami | more",
    ],
)
def test_any_other_script_is_refused(server: ServerState, script: str) -> None:
    output = _run(server, script)

    assert (output.stdout, output.exit_code) == (b"", 1)
    assert b"simulated server" in output.stderr


@pytest.mark.parametrize(
    "line", ["powershell", "powershell -Command hostname", "powershell -enc %%%", "powershell -x AA=="]
)
def test_a_command_line_that_holds_no_script_is_refused(server: ServerState, line: str) -> None:
    output = run(server, line, b"")

    assert (output.stdout, output.exit_code) == (b"", 1)
