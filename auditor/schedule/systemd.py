"""A systemd service and its timer, with no more rights than an audit needs.

Directives: systemd.exec(5), systemd.timer(5), systemd.time(7); quoting and specifiers: systemd.service(5), section
"Command lines", and systemd.unit(5), section "Specifiers".
"""

import re
import shlex

from auditor.errors import UsageError
from auditor.schedule.scheduler import (
    GRACE_SECONDS,
    LATE_MINUTES,
    MOST_HOURS,
    NAME,
    File,
    Job,
    Scheduler,
    comment,
    lines,
)

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_SANDBOX = (
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateUsers=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RemoveIPC=yes",
    # AF_NETLINK: the resolver asks the kernel which addresses it has
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged @resources",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
)


def _files(job: Job) -> tuple[File, ...]:
    return File(name=f"{NAME}.service", text=_service(job)), File(name=f"{NAME}.timer", text=_timer(job))


def _service(job: Job) -> str:
    secrets = [f"EnvironmentFile={_path(job.environment_file)}"] if job.secrets else []
    return lines(
        comment(job, *_steps(job)),
        "[Unit]",
        "Description=Audit of Windows servers",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        f"User={job.user}",
        f"WorkingDirectory={_path(job.folder)}",
        secrets,
        f"ExecStart={_command(job)}",
        f"TimeoutStartSec={MOST_HOURS}h",
        f"TimeoutStopSec={GRACE_SECONDS}s",
        f"ReadWritePaths={' '.join(_quoted(_path(place)) for place in (job.out, *job.places))}",
        _SANDBOX,
    )


def _steps(job: Job) -> tuple[str, ...]:
    secrets = (f"{job.environment_file} holds {job.given}; owner root, mode 0600.",)
    places = f"{job.user} must be able to write to {' and '.join(job.places)}, too."
    return (
        f"Once: useradd --system {job.user}; install -d -o {job.user} -m 0700 {shlex.quote(job.out)}",
        *((places,) if job.places else ()),
        *(secrets if job.secrets else ()),
        f"Put both files into /etc/systemd/system, then: systemctl enable --now {NAME}.timer",
        "A run with findings (1) or missing evidence (3) leaves the unit failed: systemctl --failed shows it.",
    )


def _timer(job: Job) -> str:
    return lines(
        comment(job),
        "[Unit]",
        "Description=Audit of Windows servers, every night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {job.at:%H:%M}:00 {job.zone}",
        f"RandomizedDelaySec={LATE_MINUTES}min",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )


def _command(job: Job) -> str:
    """Return the words quoted; the first is no argument: `$` stands for itself there, quotation marks are refused."""
    program, *words = job.command
    if set(program) & set("\"'\\"):
        raise UsageError(f"systemd starts no program with quotation marks in its path: move {program}")
    return " ".join([_quoted(_path(program)), *(_word(word) for word in words)])


def _path(path: str) -> str:
    return path.replace("%", "%%")


def _word(word: str) -> str:
    return _quoted(_path(word).replace("$", "$$"))


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


SCHEDULER = Scheduler(
    name="systemd", summary="a service and a timer with few rights (Linux)", any_zone=True, files=_files
)
