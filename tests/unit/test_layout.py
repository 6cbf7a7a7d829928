"""House rules that no linter knows, read from the source."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor import errors

PACKAGE = Path(__file__).parents[2] / "auditor"
SOURCES = sorted(PACKAGE.rglob("*.py"))
JUDGING = [
    *sorted((PACKAGE / "model").glob("*.py")),
    *sorted((PACKAGE / "probes").glob("*.py")),
    *(PACKAGE / f"{name}.py" for name in ("plan", "evaluate", "matchers", "operands", "bind", "fleet", "summary")),
]
OUTSIDE = {"time", "os", "random", "secrets", "socket", "subprocess", "locale", "uuid", "platform", "getpass", "io"}
NOW = {"now", "utcnow", "today", "fromtimestamp", "open", "print", "input"}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a file imports, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def called(path: Path) -> Iterator[str]:
    """Yield the names of what a file calls: `f` for `f()`, `g` for `x.g()`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def test_every_exit_code_means_one_thing() -> None:
    assert [code.value for code in errors.ExitCode] == [0, 1, 2, 3, 70, 130]
    assert len(errors.ExitCode.__members__) == len(list(errors.ExitCode))


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
)
def test_every_error_says_what_it_is_for(kind: type) -> None:
    assert kind.__doc__
    assert kind.__doc__.endswith(".")
    if issubclass(kind, Exception):
        assert issubclass(kind, errors.AuditError)


@pytest.mark.parametrize(
    ("package", "homes"),
    [("yaml", "load/"), ("winrm", "transports/winrm.py"), ("argparse", "cli/"), ("junit_xml", "formats/")],
)
def test_a_package_is_imported_in_one_place_only(package: str, homes: str) -> None:
    importing = [name_of(path) for path in SOURCES if package in imported(path)]

    assert importing
    assert [name for name in importing if not name.startswith(homes)] == []


def test_only_the_command_line_prints_or_ends_the_process() -> None:
    assert [
        name_of(path)
        for path in SOURCES
        if not name_of(path).startswith("cli/") and {"print", "exit", "_exit"} & set(called(path))
    ] == []


@pytest.mark.parametrize("path", JUDGING, ids=name_of)
def test_judging_knows_no_clock_no_chance_and_no_outside(path: Path) -> None:
    assert OUTSIDE & set(imported(path)) == set()
    assert NOW & set(called(path)) == set()
