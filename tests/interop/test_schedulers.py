"""The files of `auditor schedule`, read by those they are for: systemd, cron's readers, and the vendors' JSON Schemas.

The schemas come with check-jsonschema and kubernetes-validate, so nothing is fetched. For a Windows task and a
Jenkinsfile no validator works without a Windows or a Jenkins: tests/unit/schedule looks at their structure.
"""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it ships no type information
import pytest
import yaml
from croniter import croniter

from auditor.schedule import SCHEDULERS
from auditor.schedule.scheduler import Job

pytestmark = pytest.mark.interop

SCHEMAS = {
    "github": ("vendor.github-workflows",),
    "gitlab": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "azure-pipelines": (
        *("vendor.azure-pipelines", "--data-transform", "azure-pipelines"),
        *("--regex-variant", "nonunicode"),  # its patterns are no Unicode regular expressions of ECMAScript
    ),
}


@pytest.fixture(params=["plain", "awk 100% $HOME 'ward' \"x\" #1"])
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Job:
    """Return a job whose program and folders exist, once with names that need every kind of quoting."""
    folder = tmp_path / request.param
    folder.mkdir()
    bin_folder = tmp_path / request.param.translate(dict.fromkeys(map(ord, "'\"")))
    bin_folder.mkdir(exist_ok=True)
    program = bin_folder / "auditor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Job(
        program=(str(program),),
        version="0.1.0",
        config=str(folder / "audit.yaml"),
        inventory=str(folder / "inventory.yaml"),
        folder=str(folder),
        in_repository=f"{request.param}/audit.yaml",
        out=str(folder / "reports"),
        environment_file=str(folder / "auditor.env"),
        formats=("junit",),
        secrets=("AUDITOR_PASSWORD",),
        extras=(),
        places=(),
        at=time(2, 30),
        zone="UTC",
        user="daemon",
        image="registry.example.com/auditor:0.1.0",
    )


@pytest.fixture
def written(job: Job, tmp_path: Path) -> Path:
    """Return the folder with the files of every scheduler."""
    for scheduler in SCHEDULERS.values():
        for file in scheduler.files(job):
            target = tmp_path / "files" / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.text)
    return tmp_path / "files"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def systemd_analyze(*words: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    return run("systemd-analyze", *words)


def test_systemd_finds_nothing_wrong_with_the_units(written: Path) -> None:
    done = systemd_analyze("verify", str(written / "auditor-nightly.service"), str(written / "auditor-nightly.timer"))

    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_find_a_program_that_is_not_there(written: Path, job: Job) -> None:
    Path(job.program[0]).unlink()

    done = systemd_analyze("verify", str(written / "auditor-nightly.service"))

    assert done.returncode != 0
    assert "auditor" in done.stderr


def test_systemd_calls_the_service_safe(written: Path) -> None:
    done = systemd_analyze("security", "--offline=true", "--threshold=20", str(written / "auditor-nightly.service"))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("zone", "moment"), [("UTC", "02:30:00 UTC"), ("Asia/Tokyo", "17:30:00 UTC")])
def test_systemd_reads_the_time_as_meant(job: Job, zone: str, moment: str) -> None:
    timer = SCHEDULERS["systemd"].files(replace(job, zone=zone))[1].text
    (calendar,) = [line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar=")]

    done = systemd_analyze("calendar", calendar)

    assert done.returncode == 0, done.stderr
    assert moment in done.stdout


def cron_line(job: Job) -> str:
    return SCHEDULERS["cron"].files(job)[0].text.splitlines()[-1]


def test_croniter_reads_the_time_as_meant(job: Job) -> None:
    fields = " ".join(cron_line(job).split(" ")[:5])
    evening = datetime(2026, 3, 28, 22, tzinfo=UTC)

    nights = croniter(fields, evening)

    assert [nights.get_next(datetime).isoformat() for _ in range(2)] == [
        "2026-03-29T02:30:00+00:00",
        "2026-03-30T02:30:00+00:00",
    ]


def test_what_cron_hands_to_the_shell_runs_the_audit_with_its_secrets(job: Job, tmp_path: Path) -> None:
    program, seen = Path(job.program[0]), tmp_path / "seen"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PWD" "$AUDITOR_PASSWORD" "$@" > {seen}\n')
    assert f"{job.environment_file} holds AUDITOR_PASSWORD='...'" in SCHEDULERS["cron"].files(job)[0].text
    Path(job.environment_file).write_text("AUDITOR_PASSWORD='$1 & horse'\n")
    command = cron_line(job).split(" ", maxsplit=6)[6].replace(r"\%", "%")

    done = run("/bin/sh", "-c", command)

    assert done.returncode == 0, done.stderr
    assert seen.read_text().splitlines() == [job.folder, "$1 & horse", "run", "--config", job.config, "--out", job.out]


def test_cron_sees_no_bare_per_cent_sign(job: Job) -> None:
    assert "%" not in cron_line(job).replace(r"\%", "")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_vendors_schema_takes_the_pipeline(job: Job, name: str, tmp_path: Path) -> None:
    (file,) = SCHEDULERS[name].files(job)

    done = checked(tmp_path, file.text, SCHEMAS[name])

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_vendors_schema_refuses_what_is_none(job: Job, name: str, tmp_path: Path) -> None:
    (file,) = SCHEDULERS[name].files(job)

    done = checked(tmp_path, file.text.replace("script:", "scrpt:").replace("steps:", "stps:"), SCHEMAS[name])

    assert done.returncode == 1
    assert "Schema validation errors were encountered" in done.stdout


def checked(folder: Path, text: str, schema: Sequence[str]) -> subprocess.CompletedProcess[str]:
    (folder / "pipeline.yml").write_text(text)
    module = (sys.executable, "-W", "ignore", "-m", "check_jsonschema")
    return run(*module, "--builtin-schema", *schema, str(folder / "pipeline.yml"))


def test_the_shell_of_a_pipeline_gets_the_words_as_meant(job: Job) -> None:
    pipeline: Any = yaml.safe_load(SCHEDULERS["gitlab"].files(job)[0].text)

    words = shlex.split(pipeline["auditor-nightly"]["script"][-1])

    assert words[:4] == [".auditor/bin/auditor", "run", "--config", job.in_repository]


def documents(job: Job) -> list[Any]:
    return list(yaml.safe_load_all(SCHEDULERS["kubernetes"].files(job)[0].text))


@pytest.mark.parametrize("version", ["1.27", kubernetes_validate.latest_version()])
def test_kubernetes_takes_the_cron_job_and_its_volume(job: Job, version: str) -> None:
    claim, cron_job = documents(job)

    for document in (claim, cron_job):
        kubernetes_validate.validate(document, version, strict=True)
    assert (claim["kind"], cron_job["kind"]) == ("PersistentVolumeClaim", "CronJob")
    assert (cron_job["spec"]["schedule"], cron_job["spec"]["timeZone"]) == ("30 2 * * *", "Etc/UTC")


def test_kubernetes_would_refuse_an_unknown_field(job: Job) -> None:
    cron_job = documents(job)[1]
    cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["runAsNobody"] = True

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(cron_job, kubernetes_validate.latest_version(), strict=True)


def test_the_container_may_write_nothing_but_its_volumes_and_has_no_rights(job: Job) -> None:
    pod = documents(job)[1]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert "PASSWORD" not in json.dumps(container["command"])
