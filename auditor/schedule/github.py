"""A GitHub Actions workflow; schedules go by UTC. On a runner of one's own: the servers must be within its reach."""

import json

from auditor.schedule.scheduler import CI_DRIFT, CI_REPORTS, MOST_HOURS, NAME, File, Job, Scheduler, comment, lines


def _files(job: Job) -> tuple[File, ...]:
    return (File(name=f".github/workflows/{NAME}.yml", text=lines(comment(job, *_steps(job)), _workflow(job))),)


def _steps(job: Job) -> tuple[str, ...]:
    secrets = f"Secrets of the repository (Settings, Secrets and variables, Actions): {', '.join(job.secrets)}."
    return (
        "Needs a self-hosted Linux runner that reaches the servers.",
        *((secrets,) if job.secrets else ()),
        *CI_DRIFT,
    )


def _workflow(job: Job) -> list[str]:
    return [
        f"name: {NAME}",
        "on:",
        "  schedule:",
        f"    - cron: {json.dumps(job.cron)}",
        "  workflow_dispatch:",
        "permissions:",
        "  contents: read",
        "concurrency:",
        f"  group: {NAME}",
        "  cancel-in-progress: false",
        "jobs:",
        "  audit:",
        "    runs-on: [self-hosted, linux]",
        f"    timeout-minutes: {MOST_HOURS * 60}",
        "    steps:",
        *(f"      {line}" for line in _job_steps(job)),
    ]


def _job_steps(job: Job) -> list[str]:
    environment = [f"    {name}: ${{{{ secrets.{name} }}}}" for name in job.secrets]
    return [
        "- uses: actions/checkout@v4",
        "  with:",
        "    persist-credentials: false",
        "- name: Install",
        "  run: |",
        f"    rm -rf {CI_REPORTS}",
        '    python3 -m venv "$RUNNER_TEMP/auditor"',
        f'    "$RUNNER_TEMP/auditor/bin/pip" install --quiet {job.requirement}',
        '    echo "$RUNNER_TEMP/auditor/bin" >> "$GITHUB_PATH"',
        "- name: Audit",
        "  run: |",
        f"    {job.ci_command}",
        *(["  env:", *environment] if environment else []),
        "- name: Publish",
        "  if: always()",
        "  uses: actions/upload-artifact@v4",
        "  with:",
        "    name: audit",
        f"    path: {CI_REPORTS}/latest/junit.xml",
        "    if-no-files-found: warn",
    ]


SCHEDULER = Scheduler(name="github", summary="a GitHub Actions workflow", any_zone=False, files=_files)
