"""The lock, between real processes: one audit at a time, its owner is named, and killing it leaves nothing to clean."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import lock
from auditor.errors import ExitCode, LockedError, UsageError
from auditor.lock import Owner, command_line, held, lock_name
from auditor.model.inventory import Connection, Server

OURS = Owner(pid=os.getpid(), host="here", started="2026-11-23T02:30:00Z", command="auditor run")
_HOLDER = """
import os, sys
from pathlib import Path
from auditor.lock import Owner, held
with held(Path(sys.argv[1]), "night", Owner(pid=os.getpid(), host="there", started="then", command="auditor run")):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(out: Path, repository: Path) -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds the lock until its input ends."""
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    words = [sys.executable, "-c", _HOLDER, str(out)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def server(name: str, port: int = 5985) -> Server:
    return Server(name=name, connection=Connection(address=f"{name}.example.com", port=port))


def test_an_audit_that_is_under_way_is_not_begun_a_second_time_and_its_owner_is_named(
    tmp_path: Path, repository: Path
) -> None:
    with holder(tmp_path, repository) as other, pytest.raises(LockedError) as error, held(tmp_path, "night", OURS):
        pytest.fail("both hold the lock")

    assert f"process {other.pid} on there, begun then: auditor run" in str(error.value)
    assert "nothing has to be removed" in str(error.value)
    assert error.value.exit_code is ExitCode.NOT_KNOWN


def test_a_killed_owner_leaves_a_stale_lock_that_is_taken_over_and_is_named(tmp_path: Path, repository: Path) -> None:
    with holder(tmp_path, repository) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()

        with held(tmp_path, "night", OURS) as killed:
            said = killed
            left = json.loads((tmp_path / ".lock-night").read_text(encoding="ascii"))

    assert said == f"process {other.pid} on there, begun then: auditor run"
    assert left == {"pid": OURS.pid, "host": "here", "started": OURS.started, "command": "auditor run"}


def test_an_owner_that_ends_leaves_nothing(tmp_path: Path, repository: Path) -> None:
    with holder(tmp_path, repository) as other:
        other.communicate("")

    assert list(tmp_path.iterdir()) == []
    with held(tmp_path, "night", OURS) as killed:
        assert killed == ""


def test_an_owner_that_fails_lets_go(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="odd"), held(tmp_path, "night", OURS):
        raise RuntimeError("odd")

    assert list(tmp_path.iterdir()) == []


def test_other_audits_are_not_in_the_way(tmp_path: Path, repository: Path) -> None:
    with holder(tmp_path, repository), held(tmp_path, "other", OURS) as killed:
        assert killed == ""


def test_of_many_processes_that_begin_at_once_exactly_one_works_at_a_time(tmp_path: Path, repository: Path) -> None:
    script = """
import os, sys, time
from pathlib import Path
from auditor.errors import LockedError
from auditor.lock import Owner, held
out, me = Path(sys.argv[1]), Owner(pid=os.getpid(), host="", started="", command="")
worked = 0
while worked < 20:
    try:
        with held(out / "locks", "night", me):
            (out / "alone").mkdir()
            (out / "alone").rmdir()
            worked += 1
    except LockedError:
        time.sleep(0.001)
"""
    environment = {**os.environ, "PYTHONPATH": str(repository)}

    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], env=environment, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]

    assert errors == [""] * 4


def test_a_file_that_its_owner_removes_while_we_come_is_not_taken_for_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, late = tmp_path / ".lock-night", lock._lock, iter([True])

    def lock_late(handle: int) -> bool:
        if next(late, False):
            path.unlink()  # as an owner that ends between our opening and our locking
        return real(handle)

    monkeypatch.setattr(lock, "_lock", lock_late)

    with held(tmp_path, "night", OURS):
        assert json.loads(path.read_text(encoding="ascii"))["pid"] == OURS.pid


def test_a_damaged_lock_file_is_taken_over_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".lock-night").write_bytes(b"\xff not ours")

    with held(tmp_path, "night", OURS) as killed:
        assert killed == "its owner's name cannot be read"


def test_a_folder_that_cannot_hold_a_lock_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="name another folder with --out"), held(tmp_path / "file", "night", OURS):
        pytest.fail("it was locked")


def test_the_file_is_for_its_owner_only_and_hidden(tmp_path: Path) -> None:
    with held(tmp_path, "night", OURS):
        (file,) = tmp_path.iterdir()

        assert file.name.startswith(".")
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "other",
    [
        [(server("a"), ("p",))],
        [(server("a"), ("p",)), (server("b"), ("p", "q"))],
        [(server("a"), ("p",)), (server("b", 5986), ("q",))],
        [(server("a"), ("p",)), (server("c"), ("q",))],
    ],
)
def test_other_servers_or_policies_are_another_audit(other: list[tuple[Server, tuple[str, ...]]]) -> None:
    assert lock_name(other) != lock_name([(server("a"), ("p",)), (server("b"), ("q",))])


@given(st.permutations(["a", "b", "c"]), st.permutations(["p", "q"]))
def test_the_order_of_servers_and_policies_makes_no_other_audit(servers: list[str], policies: list[str]) -> None:
    assigned = [(server(name), policies) for name in servers]

    assert lock_name(assigned) == lock_name([(server(name), ("p", "q")) for name in "abc"])


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("auditor run --config audit.yaml", "auditor run --config audit.yaml"),
        ("auditor run --notify mailto://me:s3cret@x --out r", "auditor run --notify ... --out r"),
        ("auditor run --secret=s3cret --policy=p", "auditor run --secret=... --policy=p"),
        ("auditor run --no-waivers", "auditor run --no-waivers"),
    ],
)
def test_the_command_is_shown_without_what_may_be_secret(words: str, shown: str) -> None:
    assert command_line(words.split()) == shown
