"""docs/powershell.md tells security teams what runs: what it quotes is what is sent."""

from pathlib import Path

import pytest

from auditor.readers import READERS
from auditor.script.build import ARGUMENTS, BOOTSTRAP, COMMAND


@pytest.fixture
def document(repository: Path) -> str:
    return (repository / "docs" / "powershell.md").read_text("utf-8")


def test_the_document_quotes_the_bootstrap(document: str) -> None:
    assert f"```powershell\n{BOOTSTRAP}```\n" in document


def test_the_document_quotes_the_command_line(document: str) -> None:
    assert " ".join([COMMAND, *ARGUMENTS[:-1], "<base64>"]) in document


@pytest.mark.parametrize("kind", READERS)
def test_the_document_names_every_kind_of_question(document: str, kind: str) -> None:
    assert f"`{kind}`" in document


@pytest.mark.parametrize("function", ["RegOpenKeyEx", "RegQueryInfoKey", "RegQueryValueEx", "RegCloseKey"])
def test_the_document_names_every_function_of_windows(document: str, function: str) -> None:
    assert f"`{function}`" in document
