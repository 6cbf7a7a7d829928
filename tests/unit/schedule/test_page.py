"""docs/nightly.md shows what the program writes: its files, its message, its metrics, its log."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from auditor.formats.format import pieces
from auditor.formats.metrics import FORMAT
from auditor.logs import Log, LogForm
from auditor.runs import read_run
from auditor.schedule import SCHEDULERS
from auditor.schedule.scheduler import Job

MOMENT = datetime(2026, 11, 23, 2, 30, 0, 123000, tzinfo=UTC)
RUN = "20261123T023000Z-0002"
PATH = r"`([a-z-]+)`"


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "nightly.md").read_text(encoding="utf-8")


@pytest.fixture
def blocks(page: str) -> Callable[[str, str], list[str]]:
    """Return what finds the blocks of a language in a section."""

    def find(section: str, language: str) -> list[str]:
        text = page.split(f"\n## {section}\n")[1].split("\n## ", maxsplit=1)[0]
        return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)

    return find


def test_every_scheduler_is_described(page: str) -> None:
    table = page.split("## Starting it every night")[1].split("\n\n")[2]

    assert sorted(re.findall(rf"^\| {PATH} \|", table, re.MULTILINE)) == sorted(SCHEDULERS)


def test_the_units_are_those_that_are_printed(blocks: Callable[[str, str], list[str]], job: Job) -> None:
    printed = "".join(file.text for file in SCHEDULERS["systemd"].files(job))

    shown = blocks("Starting it every night", "ini")

    assert len(shown) == 2
    assert all(block in printed for block in shown)


def test_the_workflow_is_the_one_that_is_printed(blocks: Callable[[str, str], list[str]], job: Job) -> None:
    (shown,) = blocks("Starting it every night", "yaml")

    (file,) = SCHEDULERS["github"].files(replace(job, formats=(), secrets=("AUDITOR_PASSWORD",)))

    assert shown in file.text


def test_the_log_is_what_is_written(blocks: Callable[[str, str], list[str]]) -> None:
    lines: list[str] = []
    log = Log(form=LogForm.TEXT, write=lines.append, clock=lambda: MOMENT)
    log.run_started(RUN, servers=4, policies=1)
    log.server_done("cas01", status="reached", seconds=2.5)
    log.retry("cas02", attempt=2, wait=1.5, reason="the server is busy")
    log.run_finished(RUN, exit_code=1, exit_reason="1 failing check", seconds=61.5, place=f"reports/{RUN}")
    log.notifier_failed("json://chat.corp.example", reason="connection refused")
    as_json = Log(form=LogForm.JSON, write=lines.append, clock=lambda: MOMENT)
    as_json.lock_taken_over("reports/.lock", owner="process 4711 on audit01")

    assert "".join([*blocks("Logs", "text"), *blocks("Logs", "json")]) == "".join(lines)


def test_every_event_of_the_log_is_named(page: str) -> None:
    events = [name for name in vars(Log) if name[0].islower() and callable(getattr(Log, name))]

    named = [name for name in events if name not in ("event", "write", "clock", "form")]

    assert "run_started" in named
    assert [name for name in named if name not in page.split("## Logs")[1]] == []


def test_every_metric_is_described(page: str, repository: Path) -> None:
    run = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")
    written = b"".join(pieces(FORMAT, run)).decode()

    described = set(re.findall(r"`(auditor_\w+)`", page))

    assert described == set(re.findall(r"^# TYPE (\w+) ", written, re.MULTILINE))


def test_the_alerts_name_metrics_that_there_are(page: str, blocks: Callable[[str, str], list[str]]) -> None:
    rules = [rule for block in blocks("Metrics", "yaml") for rule in yaml.safe_load(block)]

    assert rules
    for rule in rules:
        for name in re.findall(r"auditor_\w+", rule["expr"]):
            assert f"`{name}`" in page
