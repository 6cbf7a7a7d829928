"""A GitLab CI job; when it runs stands in a pipeline schedule, which GitLab keeps outside of the file."""

import json

from auditor.schedule.scheduler import CI_DRIFT, CI_REPORTS, MOST_HOURS, NAME, File, Job, Scheduler, comment, lines


def _files(job: Job) -> tuple[File, ...]:
    return (File(name=f"{NAME}.gitlab-ci.yml", text=lines(comment(job, *_steps(job)), _pipeline(job))),)


def _steps(job: Job) -> tuple[str, ...]:
    secrets = f"Masked and protected variables (Settings, CI/CD, Variables): {', '.join(job.secrets)}."
    return (
        f"Save it as .gitlab-ci.yml, or include it there. Then Build, Pipeline schedules: {job.cron},",
        f"cron time zone {job.zone}; the target branch must be protected when the variables are.",
        *((secrets,) if job.secrets else ()),
        "Needs a runner with the tag `auditor` that reaches the servers.",
        *CI_DRIFT,
    )


def _pipeline(job: Job) -> list[str]:
    return [
        f"{NAME}:",
        "  image: python:3.12-slim",
        "  tags: [auditor]",
        "  rules:",
        '    - if: $CI_PIPELINE_SOURCE == "schedule"',
        f"  timeout: {MOST_HOURS} hours",
        f"  resource_group: {NAME}",
        "  script:",
        f"    - rm -rf {CI_REPORTS}",
        "    - python3 -m venv .auditor",
        f"    - .auditor/bin/pip install --quiet {job.requirement}",
        f"    - {json.dumps(f'.auditor/bin/{job.ci_command}')}",
        "  artifacts:",
        "    when: always",
        "    expire_in: 90 days",
        "    access: developer",
        f"    paths: [{CI_REPORTS}/latest/junit.xml]",
        "    reports:",
        f"      junit: {CI_REPORTS}/latest/junit.xml",
    ]


SCHEDULER = Scheduler(name="gitlab", summary="a GitLab CI job for a pipeline schedule", any_zone=True, files=_files)
