"""`report.nagios` as a plugin: `negate` of the monitoring plugins runs it as Nagios would, and turns its states."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.formats.format import pieces
from auditor.formats.nagios import FORMAT
from auditor.model.evidence import Status
from auditor.model.finding import Verdict
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
NEGATE = "/usr/lib/nagios/plugins/negate"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def ending_as(run: Run, state: str) -> Run:
    """Return the run with only what leads to the state."""
    verdicts = {
        "OK": (Verdict.PASS, Verdict.NOT_APPLICABLE),
        "WARNING": (Verdict.PASS, Verdict.WARN),
        "CRITICAL": tuple(Verdict),
        "UNKNOWN": (Verdict.PASS, Verdict.WARN, Verdict.ERROR),
    }[state]
    hosts = tuple(host for host in run.hosts if state in ("CRITICAL", "UNKNOWN") or host.status is Status.REACHED)
    findings = tuple(each for each in run.findings if each.verdict in verdicts and not each.waiver)
    return replace(run, findings=findings, hosts=hosts, exit_code=0)


def negated(run: Run, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `negate` around a plugin that prints the report and ends with the format's exit code."""
    negate = shutil.which(NEGATE)
    if not negate:
        pytest.skip("negate is not installed (Debian: monitoring-plugins-basic)")
    assert FORMAT.exit_code
    (folder / "report").write_bytes(b"".join(pieces(FORMAT, run)))
    plugin = folder / "plugin.py"
    plugin.write_text(
        "import sys\n"
        f"sys.stdout.buffer.write(open({str(folder / 'report')!r}, 'rb').read())\n"
        f"sys.exit({FORMAT.exit_code(run)})\n",
        encoding="utf-8",
    )
    command = [negate, *words, sys.executable, str(plugin)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("state", STATES)
def test_negate_knows_the_state_by_exit_code_and_by_word(tmp_path: Path, state: str) -> None:
    run = ending_as(read_run(GOLDEN), state)
    other = {"OK": "CRITICAL", "CRITICAL": "OK", "WARNING": "UNKNOWN", "UNKNOWN": "WARNING"}[state]

    done = negated(run, tmp_path, "--substitute", f"--{state.lower()}={other}")

    assert done.returncode == STATES.index(other)
    assert done.stdout.startswith(f"AUDITOR {other} - ")
    assert done.stdout.splitlines()[0].count("|") == 1


def test_negate_passes_on_the_whole_text_of_the_demo(tmp_path: Path, demo_run: Path) -> None:
    run = read_run(demo_run)

    done = negated(run, tmp_path, "--critical=CRITICAL", "--ok=OK")

    assert done.returncode == STATES.index("CRITICAL")
    assert done.stdout.encode() == b"".join(pieces(FORMAT, run))
    for host in run.hosts:
        assert (host.status is not Status.UNREACHABLE) or f"NOT REACHED {host.name}: " in done.stdout


def test_nothing_a_server_says_becomes_performance_data(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    poison = "| fail=0\n|ok=1 \x1b[31m \ud800 <b>"
    hosts = tuple(replace(host, name=host.name + poison, reason=poison) for host in run.hosts)
    findings = tuple(replace(each, check=poison, reason=poison) for each in run.findings)

    done = negated(replace(run, findings=findings, hosts=hosts, exit_reason=poison), tmp_path, "--critical=CRITICAL")

    assert done.returncode == STATES.index("CRITICAL")
    assert done.stdout.count("|") == 1
    assert "<" not in done.stdout
    assert len(done.stdout.encode()) < 4096
