"""Threads of this process: what hangs in one of them keeps neither the others nor the process."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from auditor.ending import Ending
from auditor.executors.threads import threads
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned

PLANNED = Planned(server=Server(name="s", connection=Connection(address="s")), questions=())

_PROGRAM = """
import threading
from auditor.ending import Ending
from auditor.executors.threads import threads

ending = Ending(-1)  # long over
with threads(ending) as executors:
    executors(None).submit(threading.Event().wait)
print("done")
"""


def test_a_process_ends_though_a_server_hangs_in_something_that_cannot_be_broken_off(repository: Path):
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout == "done\n"


def test_what_is_under_way_is_waited_for_while_there_is_time():
    gate, ended = threading.Event(), []

    def read() -> None:
        gate.wait(60)
        ended.append("s")

    with threads(Ending()) as executors:
        executors(PLANNED).submit(read)
        gate.set()

    assert ended == ["s"]


def test_an_error_is_raised_where_the_result_is_taken():
    with threads(Ending()) as executors:
        future = executors(PLANNED).submit(int, "x")

        with pytest.raises(ValueError, match="invalid literal"):
            future.result(60)
