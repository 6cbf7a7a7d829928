"""An Azure Pipelines file; schedules go by UTC. Secret variables reach a step only where they are named.

Numbers and `true` are quoted: to Azure every scalar is text, and so it is to its schema.
"""

import json

from auditor.schedule.scheduler import CI_DRIFT, CI_REPORTS, MOST_HOURS, NAME, File, Job, Scheduler, comment, lines


def _files(job: Job) -> tuple[File, ...]:
    return (File(name=f"{NAME}.azure-pipelines.yml", text=lines(comment(job, *_steps(job)), _pipeline(job))),)


def _steps(job: Job) -> tuple[str, ...]:
    secrets = f"Secret variables of the pipeline: {', '.join(job.secrets)}."
    return (
        "Make a pipeline from it on a pool whose agents reach the servers (here: Default, Linux).",
        *((secrets,) if job.secrets else ()),
        *CI_DRIFT,
    )


def _pipeline(job: Job) -> list[str]:
    return [
        "trigger: none",
        "pr: none",
        "schedules:",
        f"  - cron: {json.dumps(job.cron)}",
        "    displayName: Every night",
        "    branches:",
        "      include: [main]",
        '    always: "true"',
        "jobs:",
        "  - job: audit",
        "    pool: Default",
        f'    timeoutInMinutes: "{MOST_HOURS * 60}"',
        "    workspace:",
        "      clean: all",
        "    steps:",
        *(f"      {line}" for line in _job_steps(job)),
    ]


def _job_steps(job: Job) -> list[str]:
    environment = [f"    {name}: $({name})" for name in job.secrets]
    return [
        "- checkout: self",
        "- script: |",
        f"    rm -rf {CI_REPORTS}",
        "    python3 -m venv .auditor",
        f"    .auditor/bin/pip install --quiet {job.requirement}",
        "  displayName: Install",
        "- script: |",
        f"    .auditor/bin/{job.ci_command}",
        "  displayName: Audit",
        *(["  env:", *environment] if environment else []),
        "- task: PublishTestResults@2",
        "  displayName: Publish",
        "  condition: always()",
        "  inputs:",
        "    testResultsFormat: JUnit",
        f"    testResultsFiles: {CI_REPORTS}/latest/junit.xml",
        "    testRunTitle: audit",
    ]


SCHEDULER = Scheduler(name="azure-pipelines", summary="an Azure Pipelines file", any_zone=False, files=_files)
