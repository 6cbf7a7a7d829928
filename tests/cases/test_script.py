"""`auditor script`: what is printed for review is what a server gets."""

import re
from pathlib import Path

import pytest

from auditor.lab import shell
from auditor.lab import shells as lab_shells
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Output, ServerState

OFFLOADING = "exchange-2007-owa-ssl-offloading"
REQUIRED = "exchange-2007-owa-ssl-required"
SAME_QUESTION = r"""
id: own
version: "1.0"
title: SSLOffloaded is a DWORD
source: {document: House rules}
checks:
  - id: ssloffloaded-dword
    title: SSLOffloaded is a DWORD
    severity: low
    probe: registry_value
    parameters: {key: 'HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA', name: SSLOffloaded}
    expect: {type: {equals: REG_DWORD}}
    rationale: It is one.
    remediation: Make it one.
    reference: Rule 1
"""


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """Return the command lines that simulated servers ran, each with its standard input, as they come."""
    taken: list[tuple[str, bytes]] = []

    def taking(state: ServerState, command_line: str, stdin: bytes) -> Output:
        taken.append((command_line, stdin))
        return shell.run(state, command_line, stdin)

    monkeypatch.setattr(lab_shells, "run", taking)
    return taken


@pytest.mark.parametrize(
    "words",
    [
        ("--policy", OFFLOADING),
        ("--policy", REQUIRED, "--input", "owa_site=Webmail", "--input", "owa_directories=/owa,/exchange"),
    ],
)
def test_what_is_printed_is_what_a_server_gets(auditor, received, tmp_path: Path, words: tuple[str, ...]) -> None:
    printed = auditor("script", *words)
    with Fleet.start(load_scenario(find_scenario("small")), 1) as fleet:
        fleet.write_inventory(tmp_path / "inventory.yaml")
        auditor("run", *words, "--inventory", "inventory.yaml")

    ((_, script),) = received
    assert printed.code == 0
    assert printed.out.encode("ascii") == script


def test_the_bootstrap_is_printed_with_the_command_line_that_holds_it(auditor, received, tmp_path: Path) -> None:
    printed = auditor("script", "--bootstrap")
    with Fleet.start(load_scenario(find_scenario("small")), 1) as fleet:
        fleet.write_inventory(tmp_path / "inventory.yaml")
        auditor("run", "--policy", OFFLOADING, "--inventory", "inventory.yaml")

    ((command_line, _),) = received
    assert printed.code == 0
    assert printed.out.startswith(f"# {command_line}\n")
    assert "[ScriptBlock]::Create" in printed.out


def test_a_question_of_two_policies_is_asked_once(auditor) -> None:
    Path("own.yaml").write_text(SAME_QUESTION)

    one, both = (
        auditor("script", "--policy", OFFLOADING),
        auditor("script", "--policy", OFFLOADING, "--policy", "own.yaml"),
    )

    assert both.code == 0
    assert _questions(both.out) == _questions(one.out)


def _questions(script: str) -> list[str]:
    found = re.search(r"^\$Questions = @'\n(.*?)\n'@$", script, re.DOTALL | re.MULTILINE)
    assert found is not None
    return [line.partition(" ")[2] for line in found[1].splitlines()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no policy: name one with --policy"),
        (("--policy", "exchange-2007-owa-ssl-ofloading"), f"did you mean '{OFFLOADING}'?"),
        (("--policy", OFFLOADING, "--input", "owa_site"), "--input 'owa_site' is not KEY=VALUE"),
        (("--policy", OFFLOADING, "--input", "owa_sit=x"), "unknown input 'owa_sit'; did you mean 'owa_site'?"),
        (
            ("--policy", OFFLOADING, "--input", "owa_directories=owa"),
            f"policy {OFFLOADING}: parameter 'paths': 'owa' does",
        ),
        (("--policy", OFFLOADING, "--policy", REQUIRED), f"and {REQUIRED}/site-ssl-required contradict each other"),
    ],
)
def test_what_cannot_be_printed_ends_with_2(auditor, words: tuple[str, ...], said: str) -> None:
    ended = auditor("script", *words)

    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""
