"""What stops a command becomes a message and an exit code."""

import argparse
from types import ModuleType

import pytest

from auditor.cli import main as program
from auditor.errors import AuditError, DocumentError, ExitCode, SecretError, UsageError


def command(result: ExitCode | BaseException) -> ModuleType:
    """Return a command that ends like this."""

    def execute(_options: argparse.Namespace) -> ExitCode:
        if isinstance(result, BaseException):
            raise result
        return result

    module = ModuleType("command")
    vars(module).update(arguments=lambda _parser: None, execute=execute)
    return module


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [
        (ExitCode.FINDINGS, 1, ""),
        (UsageError("no server; name one"), 2, "auditor: no server; name one\n"),
        (DocumentError(["a.yaml:1:2: wrong", "b.yaml:3:4: wrong"]), 2, "a.yaml:1:2: wrong\nb.yaml:3:4: wrong\n"),
        (SecretError("locked"), 3, "auditor: locked\n"),
        (KeyboardInterrupt(), 130, "auditor: interrupted\n"),
        (AuditError("odd"), 70, "auditor: odd\n"),
    ],
)
def test_an_end_has_its_code_and_its_message(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    result: ExitCode | BaseException,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr(program, "import_module", lambda _name: command(result))

    ended = program.main(["run"])

    assert ended == code
    assert capsys.readouterr().err == said


def test_a_bug_is_told_with_what_a_report_of_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "import_module", lambda _name: command(ZeroDivisionError("one by none")))

    ended = program.main(["run"])

    err = capsys.readouterr().err
    assert ended == 70
    assert "ZeroDivisionError: one by none" in err
    assert err.splitlines()[-1].startswith("auditor: this is a bug in auditor ")
