"""The Windows task: well-formed, with what MS-TSCH requires. Its schema is not at hand to be tested with."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

from auditor.schedule.scheduler import Job
from auditor.schedule.windows_task import SCHEDULER

SPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
PROGRAM = r"C:\Program Files\auditor\auditor.exe"
FOLDER = r"C:\it's"


@pytest.fixture
def on_windows(job: Job) -> Job:
    return replace(job, program=(PROGRAM,), config=rf"{FOLDER}\audit.yaml", folder=FOLDER, out=r"D:\reports & <more>")


def task_of(job: Job) -> ET.Element:
    return ET.fromstring(SCHEDULER.files(job)[0].text)


def text_at(task: ET.Element, path: str) -> str:
    found = task.find("/".join(f"t:{name}" for name in path.split("/")), SPACE)
    assert found is not None, path
    return found.text or ""


def test_it_starts_every_day_at_the_time_in_utc(job: Job) -> None:
    trigger = task_of(job).find("t:Triggers/t:CalendarTrigger", SPACE)

    assert trigger is not None
    assert [child.tag.partition("}")[2] for child in trigger] == [
        "StartBoundary", "Enabled", "RandomDelay", "ScheduleByDay",
    ]  # fmt: skip
    assert text_at(task_of(job), "Triggers/CalendarTrigger/StartBoundary").endswith("T02:30:00Z")
    assert text_at(task_of(job), "Triggers/CalendarTrigger/ScheduleByDay/DaysInterval") == "1"


def test_it_runs_with_few_rights_catches_up_and_never_twice(job: Job) -> None:
    task = task_of(job)

    assert text_at(task, "Principals/Principal/RunLevel") == "LeastPrivilege"
    assert text_at(task, "Settings/StartWhenAvailable") == "true"
    assert text_at(task, "Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text_at(task, "Settings/ExecutionTimeLimit") == "PT6H"


def test_the_action_names_its_principal(job: Job) -> None:
    task = task_of(job)
    principal, actions = task.find("t:Principals/t:Principal", SPACE), task.find("t:Actions", SPACE)

    assert principal is not None
    assert actions is not None
    assert principal.get("id") == actions.get("Context")


def test_without_secrets_it_starts_the_program_itself(on_windows: Job) -> None:
    files = SCHEDULER.files(replace(on_windows, secrets=()))

    assert [file.name for file in files] == ["auditor-nightly.xml"]
    task = ET.fromstring(files[0].text)
    assert text_at(task, "Actions/Exec/Command") == PROGRAM
    assert text_at(task, "Actions/Exec/Arguments") == (
        r"run --config C:\it's\audit.yaml --out " + r'"D:\reports & <more>"'
    )
    assert text_at(task, "Actions/Exec/WorkingDirectory") == FOLDER


def test_with_secrets_it_starts_the_script(on_windows: Job) -> None:
    task = task_of(on_windows)

    assert text_at(task, "Actions/Exec/Command").endswith("powershell.exe")
    assert text_at(task, "Actions/Exec/Arguments").endswith(r"-File C:\it's\auditor-nightly.ps1")


def test_a_real_grammar_reads_the_script_and_its_strings(on_windows: Job) -> None:
    script = SCHEDULER.files(on_windows)[1].text

    tree = Parser(Language(tree_sitter_powershell.language())).parse(script.encode())

    assert not tree.root_node.has_error
    assert r"(Import-Clixml 'C:\it''s\AUDITOR_PASSWORD.xml')" in script
    assert script.endswith("exit $LASTEXITCODE\n")


@pytest.mark.parametrize("mark", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_no_quotation_mark_ends_a_string_of_the_script(job: Job, mark: str) -> None:
    script = SCHEDULER.files(replace(job, folder=f"C:\\a{mark};calc;"))[1].text

    assert f"a{mark}{mark};calc;" in script
