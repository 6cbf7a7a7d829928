"""`metrics.prom` for those it is for: promtool, and a node_exporter that collects it (Debian packages)."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.formats.format import pieces
from auditor.formats.metrics import FORMAT
from auditor.model.drift import Cause, Change, ChangeKind, Drift
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"


@pytest.fixture
def written() -> bytes:
    run: Run = read_run(GOLDEN)
    change = Change(host="a", kind=ChangeKind.RESOLVED, causes=(Cause.SERVER,), text="")
    policies = tuple(replace(each, id=each.id + ' "\\\n') for each in run.policies)
    return b"".join(pieces(FORMAT, replace(run, policies=policies, drift=Drift(against="r", changes=(change,)))))


def promtool(text: bytes) -> subprocess.CompletedProcess[bytes]:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)


def test_promtool_finds_nothing_to_say(written: bytes) -> None:
    done = promtool(written)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_promtool_would_refuse_what_is_torn(written: bytes) -> None:
    assert promtool(written[: written.index(b"} ")]).returncode != 0


@pytest.fixture
def exporter(written: bytes, tmp_path: Path) -> Iterator[str]:
    """Yield what a node_exporter serves that collects nothing but our file."""
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not program:
        pytest.skip("node_exporter is not installed (Debian: prometheus-node-exporter)")
    (tmp_path / FORMAT.filename).write_bytes(written)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [
        program, "--collector.disable-defaults", "--collector.textfile",
        f"--collector.textfile.directory={tmp_path}", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield served(port)
        finally:
            running.terminate()


def served(port: int) -> str:
    deadline = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        finally:
            connection.close()


def test_a_node_exporter_serves_every_series(exporter: str, written: bytes) -> None:
    ours = [line for line in written.decode().splitlines() if not line.startswith("#")]

    names = {line.partition("{")[0].partition(" ")[0] for line in ours}
    found = [line for line in exporter.splitlines() if line.partition("{")[0].partition(" ")[0] in names]

    assert len(found) == len(ours)
    assert "node_textfile_scrape_error 0" in exporter
    assert 'auditor_drift_changes{kind="resolved"} 1' in exporter
