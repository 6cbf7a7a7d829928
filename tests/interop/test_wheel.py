"""A wheel, built by pip and hatchling and installed elsewhere, is the whole program."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder))
    done = _pip("wheel", *options, str(repository))
    if done.returncode:
        pytest.skip(f"pip cannot build a wheel here: {done.stderr.strip()[-300:]}")
    (built,) = folder.glob("auditor-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs' folder of a fresh environment with the wheel; what it depends on is that of the tests."""
    environment = tmp_path_factory.mktemp("elsewhere") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    done = _pip(
        *("--python", str(programs / "python"), "install", "--quiet", "--no-deps", "--no-index"),
        *("--disable-pip-version-check", str(wheel)),
    )
    assert done.returncode == 0, done.stderr
    (packages,) = environment.rglob("site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


def _pip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)


def _run(program: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([program, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_everything_that_is_read_at_run_time_is_in_the_wheel(wheel: Path, repository: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())

    needed = {str(path.relative_to(repository)) for path in _data(repository / "auditor")}
    needed |= {f"auditor/{path.relative_to(repository)}" for path in (repository / "policies").glob("*.yaml")}
    assert {"auditor/py.typed", "auditor/lab/scenarios/small.yaml", "auditor/readers/registry_value.ps1"} <= needed
    assert needed - packed == set()
    assert [name for name in packed if name.startswith(("tests/", "docs/"))] == []


def _data(package: Path) -> Iterator[Path]:
    yield from (path for path in package.rglob("*") if path.suffix in (".py", ".ps1", ".yaml", ".typed", ".cs"))


def test_it_is_the_installed_program_that_is_tried_here(installed: Path, tmp_path: Path) -> None:
    done = _run(installed / "python", "-c", "import auditor; print(auditor.__file__)", cwd=tmp_path)

    assert done.stdout.startswith(str(installed.parent))


def test_the_demo_runs_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    done = _run(installed / "auditor", "demo", "--out", "reports", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())
    assert done.stderr == ""
    assert len(run["hosts"]) == 25
    assert run["exit_code"] == 3


def test_shipped_policies_are_found_by_name_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    script = _run(installed / "auditor", "script", "--policy", "exchange-2007-owa-ssl-required", cwd=tmp_path)
    valid = _run(installed / "auditor", "validate", cwd=tmp_path)

    assert script.returncode == 0, script.stderr
    assert valid.returncode == 0, valid.stderr
    assert "policy exchange-2007-owa-ssl-offloading" in valid.stdout


def test_the_programs_words_are_refused_with_the_same_code_from_a_wheel(installed: Path, tmp_path: Path) -> None:
    done = _run(installed / "auditor", "run", "--policy", "nothing-of-the-kind", "--host", "cas01", cwd=tmp_path)

    assert done.returncode == 2
    assert "unknown policy 'nothing-of-the-kind'" in done.stderr
