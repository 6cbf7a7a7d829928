"""Jobs to schedule: a plain one, and one whose every path has characters that mean something somewhere."""

from dataclasses import replace
from datetime import time

import pytest

from auditor.schedule.scheduler import Job

AWKWARD = '/srv/o\'clock 100% $HOME "x" #1'


@pytest.fixture
def job() -> Job:
    return Job(
        program=("/opt/auditor/bin/auditor",),
        version="0.1.0",
        config="/etc/auditor/audit.yaml",
        inventory="/etc/auditor/inventory.yaml",
        folder="/etc/auditor",
        in_repository="nightly/audit.yaml",
        out="/var/lib/auditor/reports",
        environment_file="/etc/auditor/auditor.env",
        formats=("html",),
        secrets=("AUDITOR_PASSWORD", "OTHER_PASSWORD"),
        extras=(),
        places=(),
        at=time(2, 30),
        zone="UTC",
        user="auditor",
        image="registry.example.com/auditor:0.1.0",
    )


@pytest.fixture
def awkward(job: Job) -> Job:
    return replace(
        job,
        program=(f"{AWKWARD}/auditor".replace("'", "").replace('"', ""),),
        config=f"{AWKWARD}/audit.yaml",
        inventory=f"{AWKWARD}/inventory.yaml",
        folder=AWKWARD,
        in_repository="o'clock 100% $HOME/audit.yaml",
        out=f"{AWKWARD}/reports",
        environment_file=f"{AWKWARD}/auditor.env",
    )
