"""The help: every command has one, it fits a screen, and it comes fast."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from auditor import __version__
from auditor.cli.main import COMMANDS

HEAVY = ("winrm", "requests", "yaml", "jsonschema", "junit_xml", "spnego")
FOR_REPORTS_AND_SERVERS = (
    "winrm",
    "requests",
    "spnego",
    "junit_xml",
    "jinja2",
    "sqlalchemy",
    "xml",
    "email",
    "http",
    "auditor.notify",
    "auditor.collect",
    "auditor.formats.junit",
)
"""What checking documents needs nothing of."""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_the_help_names_every_command(auditor) -> None:
    ended = auditor("--help")

    assert ended.code == 0
    for name, summary in COMMANDS.items():
        assert f"  {name:<8}  {summary}\n" in ended.out
    assert "3 evidence missing" in ended.out


def test_every_file_of_a_command_is_listed(repository: Path) -> None:
    files = {path for path in (repository / "auditor" / "cli").glob("*.py") if "\ndef execute(" in path.read_text()}

    assert {path.stem for path in files} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_that_fits_a_screen(auditor, command: str) -> None:
    ended = auditor(command, "--help")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert ended.err == ""
    assert COMMANDS[command][1:] in ended.out
    assert len(lines) <= {"run": 48, "report": 40}.get(command, 30)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(auditor, command: str) -> None:
    lines = auditor(command, "--help").out.splitlines()

    options = [line for line in lines if line.startswith("  -")]
    assert options
    assert [line for line in options if len(line) < 26 or not line[24:].strip()] == []


def test_marks_in_the_help_are_explained(auditor) -> None:
    for command in COMMANDS:
        out = auditor(command, "--help").out
        assert out.count("(*) may be repeated") == (1 if "(*)" in out else 0)


def test_the_version_is_told(auditor) -> None:
    assert auditor("--version").out == f"auditor {__version__}\n"


@pytest.mark.parametrize("words", [(), ("rnu",), ("run", "--polcy", "x"), ("run", "--pol", "x"), ("schema",)])
def test_a_wrong_command_line_ends_with_2_and_the_usage(auditor, words: tuple[str, ...]) -> None:
    ended = auditor(*words)

    assert ended.code == 2
    assert "usage: auditor" in ended.out + ended.err


def imported_by(words: Sequence[str], repository: Path, folder: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "auditor", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_the_help_imports_nothing_heavy(repository: Path, tmp_path: Path, words: list[str]) -> None:
    imported = imported_by(words, repository, tmp_path)

    assert "auditor.cli.main" in imported
    assert imported.isdisjoint(HEAVY)


def test_checking_the_shipped_policies_imports_nothing_that_reports_or_reads_servers(
    repository: Path, tmp_path: Path
) -> None:
    imported = imported_by(["validate"], repository, tmp_path)

    assert "auditor.load.policy" in imported
    assert imported.isdisjoint(FOR_REPORTS_AND_SERVERS)


@pytest.mark.parametrize("name", ["policy", "inventory", "audit_file", "examples", "run"])
def test_a_schema_is_printed_as_json(auditor, name: str) -> None:
    ended = auditor("schema", name)

    assert ended.code == 0
    assert ended.out.startswith('{\n  "$schema": "https://json-schema.org/draft/2020-12/schema"')


def test_one_probe_is_described_by_its_name(auditor) -> None:
    ended = auditor("probes", "registry_value")

    assert ended.code == 0
    assert "## registry_value" in ended.out
    assert "| `nonzero_dword` | boolean |" in ended.out


def test_an_unknown_probe_is_answered_with_the_nearest(auditor) -> None:
    ended = auditor("probes", "registry_vaule")

    assert ended.code == 2
    assert "did you mean 'registry_value'?" in ended.err
