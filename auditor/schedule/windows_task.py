"""A task for the Windows Task Scheduler, and a script that fetches its secrets where it needs any.

Elements and their order: MS-TSCH, section 2.5 (2.5.3.9 CalendarTrigger, 2.5.4 Settings, 2.5.5 Data).
"""

import subprocess
from collections.abc import Mapping
from typing import TypeAlias
from xml.etree import ElementTree as ET

from auditor.schedule.scheduler import LATE_MINUTES, MOST_HOURS, NAME, File, Job, Scheduler, lines

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_SCRIPT = f"{NAME}.ps1"
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    "RunOnlyIfNetworkAvailable": "true",
    "ExecutionTimeLimit": f"PT{MOST_HOURS}H",
    "Enabled": "true",
}

_Tree: TypeAlias = Mapping[str, "str | _Tree"]


def _files(job: Job) -> tuple[File, ...]:
    task = File(name=f"{NAME}.xml", text=_task(job))
    return (task, File(name=_SCRIPT, text=_script(job))) if job.secrets else (task,)


def _task(job: Job) -> str:
    """Return the task without an XML declaration: the text is valid in UTF-8 and as a string in PowerShell alike."""
    root = ET.Element("Task", {"version": "1.2", "xmlns": _NAMESPACE})
    _add(root, {"RegistrationInfo": {"Description": _description(job), "URI": f"\\{NAME}"}})
    _add(root, {"Triggers": {"CalendarTrigger": _trigger(job)}})
    account = {"UserId": job.user, "LogonType": "Password", "RunLevel": "LeastPrivilege"}
    _add(ET.SubElement(root, "Principals"), {"Principal": account}, id="Auditor")
    _add(root, {"Settings": _SETTINGS})
    _add(root, {"Actions": {"Exec": _exec(job)}}, Context="Auditor")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _description(job: Job) -> str:
    return (
        f"Audit of Windows servers every night at {job.at:%H:%M} {job.zone}; written by auditor {job.version}. "
        f"To register it: schtasks /Create /TN {NAME} /XML {NAME}.xml /RU {job.user} /RP *"
    )


def _trigger(job: Job) -> _Tree:
    """Return the trigger; its boundary ends with Z, so that summer time does not move it."""
    return {
        "StartBoundary": f"2026-01-01T{job.at:%H:%M}:00Z",
        "Enabled": "true",
        "RandomDelay": f"PT{LATE_MINUTES}M",
        "ScheduleByDay": {"DaysInterval": "1"},
    }


def _exec(job: Job) -> _Tree:
    program, *words = job.command
    if job.secrets:
        program = r"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe"
        script = f"{job.folder}\\{_SCRIPT}"
        words = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "RemoteSigned", "-File", script]
    return {"Command": program, "Arguments": subprocess.list2cmdline(words), "WorkingDirectory": job.folder}


def _script(job: Job) -> str:
    """Return a script that reads each secret from a file which only the task's account can decrypt (DPAPI)."""
    return lines(
        f"# Put it beside the audit file, as {job.folder}\\{_SCRIPT}.",
        "# Each secret once, signed in as the account of the task:",
        [f"#   Get-Credential {name} | Export-Clixml {_literal(_kept(job, name))}" for name in job.secrets],
        "$ErrorActionPreference = 'Stop'",
        [f"$env:{name} = (Import-Clixml {_literal(_kept(job, name))}).GetNetworkCredential().Password"
         for name in job.secrets],
        f"& {' '.join(_literal(word) for word in job.command)}",
        "exit $LASTEXITCODE",
    )  # fmt: skip


def _kept(job: Job, name: str) -> str:
    return f"{job.folder}\\{name}.xml"


def _literal(text: str) -> str:
    """Return a PowerShell string in which nothing is expanded; it knows five single quotation marks, all doubled."""
    for mark in "'\u2018\u2019\u201a\u201b":
        text = text.replace(mark, mark * 2)
    return f"'{text}'"


def _add(parent: ET.Element, tree: _Tree, **attributes: str) -> None:
    for name, content in tree.items():
        element = ET.SubElement(parent, name, attributes)
        if isinstance(content, str):
            element.text = content
        else:
            _add(element, content)


SCHEDULER = Scheduler(
    name="windows-task", summary="a task for the Windows Task Scheduler", any_zone=False, files=_files
)
