"""What all tests share: where the reference data is, and that no interop test is skipped where it must run."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of reference data beside the checkout: recordings, real IIS configurations, schemas."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("shared/data is not beside this checkout")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    required = os.environ.get("AUDITOR_INTEROP") == "required"
    if required and report.skipped and item.get_closest_marker("interop"):
        report.outcome = "failed"
        report.longrepr = f"interop test skipped where it must run: {report.longrepr}"
    return report
