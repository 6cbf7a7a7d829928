"""What the documents show is what the program does."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from auditor.cli.main import COMMANDS, main
from auditor.errors import ExitCode


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def readme(repository: Path) -> Path:
    return repository / "README.md"


def test_the_policy_in_the_readme_is_part_of_the_shipped_one(readme: Path, repository: Path) -> None:
    (excerpt,) = blocks(readme, "yaml")

    assert excerpt in (repository / "policies" / "exchange-2007-owa-ssl-offloading.yaml").read_text(encoding="utf-8")


def test_the_output_in_the_readme_is_what_the_demo_prints(
    readme: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = blocks(readme, "text")

    code = main(["demo", "--out", str(tmp_path)])

    printed = capsys.readouterr().out
    assert code == 0
    for part in shown.split("...\n"):
        assert part in printed
    assert "`auditor run` would have ended with exit code 3" in printed


def test_the_nights_on_the_page_are_what_the_demo_prints(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = (block for block in blocks(repository / "docs" / "nightly.md", "text") if "=== night" in block)

    code = main(["demo", "--nights", "3", "--out", str(tmp_path)])

    printed = capsys.readouterr().out
    assert code == 0
    places = [printed.find(part) for part in shown.split("...\n")]
    assert -1 not in places
    assert places == sorted(places)
    assert len([path for path in tmp_path.glob("*/run.json") if not path.parent.is_symlink()]) == 3


def test_the_command_on_the_page_removes_old_runs_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    (command,) = (block for block in blocks(repository / "docs" / "nightly.md", "sh") if block.startswith("find "))
    old, new, newest, baselines = (
        "20260101T023000Z-aaaa",
        "20261101T023000Z-aaaa",
        "20260102T023000Z-aaaa",
        "baselines",
    )
    for name in (old, new, newest, baselines):
        (tmp_path / "reports" / name).mkdir(parents=True)
        (tmp_path / "reports" / name / "run.json").write_text("{}")
    (tmp_path / "reports" / "latest").symlink_to(newest)
    for name in (old, newest, baselines):
        os.utime(tmp_path / "reports" / name, (0, 0))

    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True)

    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted([new, newest, baselines, "latest"])


def test_the_page_about_probes_is_current(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["probes"])

    page = (repository / "docs" / "probes.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page, "run: auditor probes > docs/probes.md"


def test_every_exit_code_is_explained(readme: Path, repository: Path) -> None:
    for page in (readme, repository / "docs" / "ci-gates.md"):
        text = page.read_text(encoding="utf-8")
        assert all(re.search(rf"\b{code.value}\b", text) for code in ExitCode)


def test_every_command_named_in_the_documents_exists(repository: Path) -> None:
    for page in [*repository.glob("*.md"), *(repository / "docs").glob("*.md")]:
        for name in re.findall(r"`(?:\.venv/bin/)?auditor ([a-z]+)", page.read_text(encoding="utf-8")):
            assert name in COMMANDS, f"{page.name} names auditor {name}"


def test_every_link_between_the_documents_leads_somewhere(repository: Path) -> None:
    for page in [*repository.glob("*.md"), *(repository / "docs").glob("*.md"), *(repository / "reports").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
