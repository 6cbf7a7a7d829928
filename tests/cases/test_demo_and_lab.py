"""`auditor demo` and `auditor lab`: simulated servers, from the command line."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.load.inventory import load_inventory


def test_the_demo_ends_with_0_and_tells_the_code_of_the_audit(auditor) -> None:
    ended = auditor("demo")

    run = json.loads(Path("reports/latest/run.json").read_text())
    assert ended.code == 0
    assert run["exit_code"] == 3
    assert len(run["hosts"]) == 25
    assert "exit code 3" in ended.out.splitlines()[-1]
    assert ended.err == ""


def test_the_demo_writes_where_it_is_told_to(auditor) -> None:
    ended = auditor("demo", "--out", "elsewhere")

    assert ended.code == 0
    assert Path("elsewhere/latest/run.json").is_file()
    assert not Path("reports").exists()


@pytest.fixture
def lab(python, repository: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return `auditor lab` as a process whose servers are up; what it said so far is read."""
    words = ("lab", "--scenario", "small", "--servers", "3", "--write-inventory", "inventory.yaml")
    environment = {**os.environ, "PYTHONPATH": str(repository), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*python, *words],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            while (line := process.stdout.readline()) and line != "running until Ctrl-C\n":
                pass
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_the_servers_of_the_lab_can_be_audited_until_it_is_stopped(auditor, lab, tmp_path: Path) -> None:
    servers = load_inventory(tmp_path / "inventory.yaml")

    ended = auditor("run", "--policy", "exchange-2007-owa-ssl-offloading", "--inventory", "inventory.yaml")

    run = json.loads((tmp_path / "reports/latest/run.json").read_text())
    assert ended.code == 1
    assert {host["name"]: host["status"] for host in run["hosts"]} == {
        "cas-compliant": "reached",
        "cas-compliant-2": "reached",
        "cas-ssl-still-required": "reached",
    }
    assert [server.name for server in servers] == [host["name"] for host in run["hosts"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_lab_stops_cleanly(lab, tmp_path: Path, number: int) -> None:
    ports = [server.connection.port for server in load_inventory(tmp_path / "inventory.yaml")]

    lab.send_signal(number)
    out, err = lab.communicate(timeout=30)

    assert lab.returncode == 0
    assert out == "stopped\n"
    assert err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["inventory.yaml"]
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.fixture
def slow_lab(python, repository: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return `auditor lab` with a server that takes its time and is counted; what it said so far is read."""
    words = ("lab", "--scenario", "small", "--servers", "1", "--write-inventory", "inventory.yaml")
    costs = ("--powershell-start", "300", "--script", "200", "--round-trip", "1", "--counts", "counts.json")
    environment = {**os.environ, "PYTHONPATH": str(repository), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*python, *words, *costs], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            while (line := process.stdout.readline()) and line != "running until Ctrl-C\n":
                pass
            yield process
        finally:
            process.kill()


def test_the_lab_takes_the_time_it_is_given_and_keeps_counts(auditor, slow_lab, tmp_path: Path) -> None:
    before = json.loads((tmp_path / "counts.json").read_text())
    auditor("run", "--policy", "exchange-2007-owa-ssl-offloading", "--inventory", "inventory.yaml")
    slow_lab.send_signal(signal.SIGTERM)
    slow_lab.communicate(timeout=30)

    counts = json.loads((tmp_path / "counts.json").read_text())
    run = json.loads((tmp_path / "reports/latest/run.json").read_text())
    assert set(before.values()) == {0}
    assert (counts["shells_opened"], counts["shells_deleted"], counts["commands"]) == (1, 1, 1)
    assert counts["exchanges"] == counts["messages"] + 3 == 8
    assert counts["bytes_received"] > 0 < counts["bytes_sent"]
    assert sum(run["hosts"][0]["timings"].values()) >= 0.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--powershell-start", "-1"), "--powershell-start -1 makes no sense"),
        (("--scenario", "small", "--counts", "no/such/folder.json"), "name another file for --counts"),
        (("--scenario", "smal"), "there is no scenario 'smal'"),
        (("--scenario", "bad.yaml"), "bad.yaml:2:"),
        (("--servers", "0"), "--servers 0 makes no sense"),
        (("--scenario", "small", "--write-inventory", "no/such/folder.yaml"), "name another --write-inventory"),
    ],
)
def test_what_cannot_be_simulated_ends_with_2(auditor, words: tuple[str, ...], said: str) -> None:
    Path("bad.yaml").write_text("servers:\n  cas01: {os: windows-95}\n")

    ended = auditor("lab", *words)

    assert ended.code == 2
    assert said in ended.err
