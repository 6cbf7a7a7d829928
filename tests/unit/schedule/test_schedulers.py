"""What holds for the files of every scheduler."""

import argparse
import shlex
from collections.abc import Iterable
from dataclasses import replace

import pytest

from auditor.cli import run
from auditor.errors import UsageError
from auditor.schedule import SCHEDULERS
from auditor.schedule.scheduler import Job, Scheduler

ON_THIS_MACHINE = ("systemd", "cron", "windows-task")
CI = ("github", "gitlab", "azure-pipelines", "jenkins")


@pytest.fixture(params=list(SCHEDULERS.values()), ids=list(SCHEDULERS))
def scheduler(request: pytest.FixtureRequest) -> Scheduler:
    found: Scheduler = request.param
    return found


def text_of(scheduler: Scheduler, job: Job) -> str:
    return "\n".join(file.text for file in scheduler.files(job))


def test_every_scheduler_of_the_manual_is_there() -> None:
    assert SCHEDULERS.keys() == {*ON_THIS_MACHINE, *CI, "kubernetes"}


def test_the_time_and_its_zone_are_told(scheduler: Scheduler, job: Job) -> None:
    text = text_of(scheduler, job)

    assert "at 02:30 UTC" in text
    assert "written by auditor 0.1.0" in text


def test_every_secret_is_named_and_none_is_there(
    scheduler: Scheduler, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_PASSWORD", "correct horse")

    text = text_of(scheduler, job)

    assert all(name in text for name in job.secrets)
    assert "correct horse" not in text


def test_without_secrets_nothing_is_said_of_them(scheduler: Scheduler, job: Job) -> None:
    text = text_of(scheduler, replace(job, secrets=()))

    assert "PASSWORD" not in text
    assert "auditor.env" not in text
    assert "ecret" not in text


def test_a_file_ends_with_a_line_feed_and_has_no_blank_at_the_end_of_a_line(scheduler: Scheduler, job: Job) -> None:
    for file in scheduler.files(job):
        assert file.text.endswith("\n")
        assert [line for line in file.text.split("\n") if line != line.rstrip()] == []


def test_the_same_job_is_the_same_text(scheduler: Scheduler, job: Job) -> None:
    assert scheduler.files(job) == scheduler.files(replace(job))


@pytest.mark.parametrize("name", ON_THIS_MACHINE)
def test_paths_on_this_machine_are_absolute(name: str, job: Job) -> None:
    text = text_of(SCHEDULERS[name], job)

    assert "/opt/auditor/bin/auditor" in text
    assert "/etc/auditor/audit.yaml" in text
    assert "nightly/audit.yaml" not in text


@pytest.mark.parametrize("name", CI)
def test_ci_publishes_the_report_that_this_run_wrote(name: str, job: Job) -> None:
    text = text_of(SCHEDULERS[name], job)

    assert text.index("rm -rf audit-reports") < text.index("--out audit-reports")
    assert text.index("--out audit-reports") < text.index("audit-reports/latest/junit.xml")
    assert "--format html --format junit" in text


def test_what_is_scheduled_is_what_the_command_takes(job: Job) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    run.arguments(parser)

    here = parser.parse_args(after_run(job.command))
    in_ci = parser.parse_args(after_run(shlex.split(job.ci_command)))

    assert (here.config, here.out) == ("/etc/auditor/audit.yaml", "/var/lib/auditor/reports")
    assert (in_ci.config, in_ci.format) == ("nightly/audit.yaml", ["html", "junit"])


def test_systemd_says_which_program_it_cannot_start(job: Job) -> None:
    with pytest.raises(UsageError, match="quotation marks"):
        SCHEDULERS["systemd"].files(replace(job, program=("/opt/o'clock/auditor",)))


def after_run(words: Iterable[str]) -> list[str]:
    before, after = list(words)[:2], list(words)[2:]
    assert before[1] == "run"
    return after
