"""The command that compares, apart from what it prints."""

import argparse
import gc
from pathlib import Path

import pytest

from auditor.cli import diff
from auditor.errors import RunNotFoundError


def test_garbage_is_collected_again_after_a_comparison_that_fails(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    diff.arguments(parser)
    options = parser.parse_args(["last~1", "last", "--out", str(tmp_path)])

    with pytest.raises(RunNotFoundError):
        diff.execute(options)

    assert gc.isenabled()
