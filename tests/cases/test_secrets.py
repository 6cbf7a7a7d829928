"""A planted password, through every source of secrets: it is nowhere in what is written."""

import base64
import os
import pty
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest

from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario

PLANTED = "Pl4nted-7f3a9c-Gras-und-Ufer"
WRONG = "Wr0ng-51b0e2-Heide-und-Moor"
FORMATS = ("--format", "json", "--format", "junit", "--format", "text")
POLICY = ("--policy", "exchange-2007-owa-ssl-offloading")
ACCOUNT = ("--username", r"AUDITLAB\auditor")
QUESTION = rf"Password of {ACCOUNT[1]}: "
OFFERED = "keys"
"""The folder in which a test offers the password; all else that is written is searched."""


class Ring(keyring.backend.KeyringBackend):
    """A keyring with one entry."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return PLANTED if (service, username) == ("audit", ACCOUNT[1]) else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def small() -> Iterator[Fleet]:
    with Fleet.start(load_scenario(find_scenario("small")), password=PLANTED) as running:
        yield running


@pytest.fixture
def hosts(small: Fleet) -> tuple[str, ...]:
    """Return the words that name a server which is there, and one which is not."""
    return "--host", f"127.0.0.1:{small.servers[0].port}", "--host", "127.0.0.1:1"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder where passwords are offered; everything temporary is below the test's folder, too."""
    folder = tmp_path / OFFERED
    folder.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.delenv("AUDITOR_PASSWORD", raising=False)
    return folder


def from_environment(keys: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> str:
    monkeypatch.setenv("PLANTED_PASSWORD", secret)
    return "environment:PLANTED_PASSWORD"


def from_file(keys: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> str:
    (keys / "password").write_text(f"{secret}\n")
    return f"file:{keys / 'password'}"


def from_command(keys: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> str:
    program = keys / "vault.py"
    program.write_text(f"import sys; print({secret!r}); sys.stderr.write('looked up {secret}')")
    return f"command:{shlex.join([sys.executable, str(program)])}"


def from_keyring(keys: Path, monkeypatch: pytest.MonkeyPatch, secret: str) -> str:
    monkeypatch.setattr(keyring.core, "_keyring_backend", Ring())
    return "keyring:audit" if secret == PLANTED else "keyring:other"


SOURCES = (from_environment, from_file, from_command, from_keyring)


def leaks(folder: Path, *said: str) -> list[str]:
    """Return where a planted password stands, in any of the forms in which it travels."""
    written = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    offered = {name: content for name, content in written.items() if f"/{OFFERED}/" not in name}
    searched = offered | {f"output {number}": text.encode() for number, text in enumerate(said)}
    return [name for name, content in searched.items() if any(form in content for form in _forms())]


def _forms() -> Iterator[bytes]:
    for secret in (PLANTED, WRONG):
        for raw in (secret.encode(), secret.encode("utf-16-le"), f"{ACCOUNT[1]}:{secret}".encode()):
            yield from (raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1])


def test_the_search_finds_a_secret_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        f"Authorization: Basic {base64.b64encode(f'{ACCOUNT[1]}:{PLANTED}'.encode()).decode()}"
    )

    assert leaks(tmp_path, "nothing", f"password={PLANTED!r}") == [str(tmp_path / "log"), "output 1"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_that_works_is_written_nowhere(
    auditor, hosts, keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Callable[..., str]
) -> None:
    secret = source(keys, monkeypatch, PLANTED)

    ended = auditor("run", *POLICY, *hosts, *ACCOUNT, "--secret", secret, *FORMATS)

    assert "coverage: 1 of 2 servers judged" in ended.out
    assert len(list((tmp_path / "reports" / "latest").glob("*.*"))) == 4
    assert leaks(tmp_path, ended.out, ended.err) == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_that_is_wrong_is_written_nowhere(
    auditor, hosts, keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Callable[..., str]
) -> None:
    secret = source(keys, monkeypatch, WRONG)

    ended = auditor("run", *POLICY, *hosts, *ACCOUNT, "--secret", secret, *FORMATS)

    assert ended.code == 3
    assert "coverage: 0 of 2 servers judged" in ended.out
    assert leaks(tmp_path, ended.out, ended.err) == []


def test_a_command_that_fails_after_it_printed_the_secret_does_not_betray_it(
    auditor, hosts, keys: Path, tmp_path: Path
) -> None:
    program = keys / "vault.py"
    program.write_text(f"import sys; print({PLANTED!r}); sys.exit('cannot unlock {PLANTED}')")
    command = shlex.join([sys.executable, str(program)])

    ended = auditor("run", *POLICY, *hosts, *ACCOUNT, "--secret", f"command:{command}", *FORMATS)

    assert ended.code == 3
    assert "ended with 1; run it by hand" in " ".join(ended.out.split())
    assert leaks(tmp_path, ended.out, ended.err) == []


def test_a_password_given_where_its_source_belongs_is_not_repeated(auditor, hosts, tmp_path: Path) -> None:
    ended = auditor("run", *POLICY, *hosts, *ACCOUNT, "--secret", PLANTED)

    assert ended.code == 2
    assert "--secret must be environment:NAME" in ended.err
    assert leaks(tmp_path, ended.out, ended.err) == []


@pytest.mark.parametrize(
    "command", [("validate", "keys/inventory.yaml"), ("run", "--inventory", "keys/inventory.yaml")]
)
def test_a_password_written_in_an_inventory_is_refused_and_not_repeated(
    auditor, keys: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (keys / "inventory.yaml").write_text(f"hosts:\n  cas01:\n    connection: {{password: {PLANTED}}}\n")

    ended = auditor(*command)

    assert ended.code == 2
    assert "a password is never written in a file" in ended.err
    assert leaks(tmp_path, ended.out, ended.err) == []


def test_a_typed_password_is_asked_for_once_and_shown_nowhere(
    python, hosts, keys: Path, tmp_path: Path, repository: Path
) -> None:
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [*python, "run", *POLICY, *hosts, *ACCOUNT, "--secret", "prompt", *FORMATS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stderr is not None
        asked = process.stderr.read(len(QUESTION))
        # what is typed before the question is thrown away
        os.write(terminal, f"{PLANTED}\n".encode())
        out, err = process.communicate(timeout=60)
    os.close(inside)
    os.close(terminal)

    assert asked == QUESTION
    assert "Password" not in err
    assert "coverage: 1 of 2 servers judged" in out
    assert leaks(tmp_path, out, err) == []


def test_without_a_terminal_a_password_is_not_asked_for(python, hosts, tmp_path: Path, repository: Path) -> None:
    done = subprocess.run(
        [*python, "run", *POLICY, *hosts, *ACCOUNT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert "there is no terminal" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_the_only_process_that_is_started_is_the_command_as_it_was_given(
    auditor, hosts, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    class Recording(subprocess.Popen[str]):
        def __init__(self, words: list[str], **options: Any) -> None:
            started.append(words)
            super().__init__(words, **options)

    secret = from_command(keys, monkeypatch, PLANTED)
    monkeypatch.setattr(subprocess, "Popen", Recording)

    auditor("run", *POLICY, *hosts, *ACCOUNT, "--secret", secret)

    assert started == [shlex.split(secret.removeprefix("command:"))]
