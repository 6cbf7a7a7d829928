"""The run that the golden files show: every verdict, a server read in part, and one that was not reached."""

from pathlib import Path

import pytest

from auditor.model.run import Run
from auditor.runs import read_run

GOLDEN = Path(__file__).parent / "every-verdict"


@pytest.fixture
def golden() -> Path:
    return GOLDEN


@pytest.fixture
def run() -> Run:
    return read_run(GOLDEN)
