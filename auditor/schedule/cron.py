r"""A file for /etc/cron.d: crontab(5).

A per cent sign in a command is a line feed to cron unless it is written `\%`.
"""

import shlex

from auditor.schedule.scheduler import GRACE_SECONDS, MOST_HOURS, NAME, File, Job, Scheduler, comment, lines


def _files(job: Job) -> tuple[File, ...]:
    return (File(name=NAME, text=lines(comment(job, *_steps(job)), _settings(job), _line(job))),)


def _steps(job: Job) -> tuple[str, ...]:
    secrets = (
        f"{job.environment_file} holds {job.given};",
        f"owner {job.user}, mode 0400.",
    )
    return (
        f"Put it into /etc/cron.d/{NAME} (owner root, mode 0644, no dot in its name).",
        "CRON_TZ is known to cronie (Red Hat, SUSE, Arch). Debian's cron goes by the zone of the machine:",
        f"there, have the machine in {job.zone}, or use the systemd timer.",
        *(secrets if job.secrets else ()),
        "cron mails what the run prints.",
    )


def _settings(job: Job) -> list[str]:
    return ["SHELL=/bin/sh", f"CRON_TZ={job.zone}"]


def _line(job: Job) -> str:
    secrets = f"set -a && . {shlex.quote(job.environment_file)} && set +a && " if job.secrets else ""
    limit = f"exec timeout --kill-after={GRACE_SECONDS} {MOST_HOURS}h"
    command = f"umask 077 && cd {shlex.quote(job.folder)} && {secrets}{limit} {shlex.join(job.command)}"
    escaped = command.replace("%", r"\%")
    return f"{job.cron} {job.user} {escaped}"


SCHEDULER = Scheduler(name="cron", summary="a file for /etc/cron.d (Linux)", any_zone=True, files=_files)
