"""Every source of a secret; errors name the reference and never the value."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from auditor.credentials import Credentials
from auditor.errors import SecretError
from auditor.model.inventory import Connection, SecretReference, SecretSource
from auditor.secret import Secret

PLANTED = "Pl4nted-S3cret!é"


def _connection(source: SecretSource, reference: str = "", username: str = r"LAB\auditor") -> Connection:
    return Connection(address="h", username=username, secret=SecretReference(source=source, reference=reference))


def _program(text: str) -> str:
    return f'"{sys.executable}" -c "{text}"'


def _error(connection: Connection, credentials: Credentials | None = None) -> str:
    with pytest.raises(SecretError) as raised:
        (credentials or Credentials(environ={}, interactive=lambda: False)).of(connection)
    message = str(raised.value)
    assert PLANTED not in message
    return message


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, which can be locked, and hangs until it `answers`."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept = {("auditor", r"LAB\auditor"): PLANTED}
        self.locked = False
        self.asked, self.answers = threading.Event(), threading.Event()
        self.answers.set()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.set()
        self.answers.wait(10)
        if self.locked:
            raise keyring.errors.KeyringLocked(PLANTED)
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_secret_shows_itself_only_when_asked_to():
    secret = Secret(PLANTED)

    assert secret.reveal() == PLANTED
    assert PLANTED not in f"{secret} {secret!r} {[secret]}"


def test_an_environment_variable():
    credentials = Credentials(environ={"PASSWORD": PLANTED})

    assert credentials.of(_connection(SecretSource.ENVIRONMENT, "PASSWORD")).reveal() == PLANTED


@pytest.mark.parametrize("environ", [{}, {"PASSWORD": ""}, {"password ": PLANTED}])
def test_an_environment_variable_that_is_missing_or_empty_is_named(environ):
    assert "PASSWORD" in _error(_connection(SecretSource.ENVIRONMENT, "PASSWORD"), Credentials(environ=environ))


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("beginning", ["", "\ufeff"])
def test_a_file_with_or_without_the_marks_editors_leave(tmp_path: Path, beginning, ending):
    path = tmp_path / "secret"
    path.write_bytes(f"{beginning} {PLANTED} {ending}".encode())

    assert Credentials().of(_connection(SecretSource.FILE, str(path))).reveal() == f" {PLANTED} "


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe" + PLANTED.encode()])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    assert str(path) in _error(_connection(SecretSource.FILE, str(path)))


def test_the_output_of_a_command():
    line = _program(r"import sys; sys.stdout.buffer.write('Pl4nted-S3cret!\u00e9\n'.encode())")

    assert Credentials().of(_connection(SecretSource.COMMAND, line)).reveal() == PLANTED


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "empty"),
        ("/nowhere/program", "/nowhere/program"),
        ("unclosed 'quote", "unclosed"),
        (_program("print()"), "is empty"),
        (_program(f"print('{PLANTED}'); raise SystemExit(3)"), "ended with 3"),
        (_program("import sys; sys.stdout.buffer.write(bytes([255]))"), "cannot be run or read"),
    ],
)
def test_a_command_that_fails_is_named_without_what_it_wrote(line, told):
    assert told in _error(_connection(SecretSource.COMMAND, line))


def test_a_command_that_hangs_is_waited_for_once(monkeypatch):
    monkeypatch.setattr("auditor.credentials._COMMAND_SECONDS", 0.2)
    credentials, connection = Credentials(), _connection(SecretSource.COMMAND, _program("input() or open(0).read()"))
    hanging = _connection(SecretSource.COMMAND, _program("import time; time.sleep(60)"))

    first, again = _error(hanging, credentials), _error(hanging, credentials)

    assert first == again
    assert "took more than" in first
    assert "ended with 1" in _error(connection, credentials)


def test_a_command_gets_no_more_time_than_a_server():
    hanging = _connection(SecretSource.COMMAND, _program("import time; time.sleep(60)"))

    assert "took more than 0.2 s" in _error(hanging, Credentials(seconds=0.2))


def test_a_program_that_a_hanging_command_began_is_not_waited_for(tmp_path: Path):
    ended, program = tmp_path / "ended", tmp_path / "program.py"
    later = f"import pathlib, time; time.sleep(8); pathlib.Path({str(ended)!r}).touch()"
    program.write_text(
        f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {later!r}])\ntime.sleep(60)\n"
    )

    assert "took more than" in _error(
        _connection(SecretSource.COMMAND, f'"{sys.executable}" "{program}"'), Credentials(seconds=2)
    )
    assert not ended.exists()


def test_a_secret_that_hangs_keeps_nobody_from_another(ring: Ring):
    credentials = Credentials(environ={"PASSWORD": PLANTED})
    ring.answers.clear()

    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(credentials.of, _connection(SecretSource.KEYRING, "auditor"))
        assert ring.asked.wait(60)
        other = credentials.of(_connection(SecretSource.ENVIRONMENT, "PASSWORD"))
        was_waited_for = hanging.done()
        ring.answers.set()

    assert other.reveal() == hanging.result().reveal() == PLANTED
    assert not was_waited_for


def test_a_keyring_that_hangs_is_not_waited_for_longer_than_a_server(ring: Ring):
    ring.answers.clear()

    message = _error(_connection(SecretSource.KEYRING, "auditor"), Credentials(seconds=0.1))
    ring.answers.set()

    assert "keyring took more than 0.1 s" in message


def test_the_system_keyring(ring: Ring):
    assert Credentials().of(_connection(SecretSource.KEYRING, "auditor")).reveal() == PLANTED


def test_a_keyring_without_the_entry_names_it(ring: Ring):
    message = _error(_connection(SecretSource.KEYRING, "auditor", username="somebody"))

    assert "'somebody'" in message
    assert "'auditor'" in message


def test_a_locked_keyring_is_told(ring: Ring):
    ring.locked = True

    assert "KeyringLocked" in _error(_connection(SecretSource.KEYRING, "auditor"))


def test_a_keyring_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert "auditor[keyring]" in _error(_connection(SecretSource.KEYRING, "auditor"))


def test_a_person_is_asked_once_per_account_and_before_anything_else():
    asked = []

    def prompt(text: str) -> str:
        asked.append(text)
        return PLANTED

    credentials = Credentials(environ={}, prompt=prompt, interactive=lambda: True)
    accounts = [_connection(SecretSource.PROMPT, username=name) for name in ("a", "a", "b")]
    credentials.ask_first([*accounts, _connection(SecretSource.ENVIRONMENT, "NOT_SET"), Connection(address="x")])

    assert credentials.of(accounts[0]).reveal() == PLANTED
    assert asked == ["Password of a: ", "Password of b: "]


def test_nobody_is_asked_without_a_terminal():
    assert "no terminal" in _error(_connection(SecretSource.PROMPT))


def test_without_standard_input_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)

    assert "no terminal" in _error(_connection(SecretSource.PROMPT), Credentials())


@pytest.mark.parametrize("error", [EOFError, None])
def test_a_person_who_types_nothing_is_told(error):
    def prompt(_: str) -> str:
        if error:
            raise error
        return ""

    assert "typed" in _error(_connection(SecretSource.PROMPT), Credentials(prompt=prompt, interactive=lambda: True))


def test_an_interrupted_prompt_interrupts():
    def prompt(_: str) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Credentials(prompt=prompt, interactive=lambda: True).of(_connection(SecretSource.PROMPT))


def test_a_connection_without_a_secret_says_how_to_name_one():
    assert "--secret" in _error(Connection(address="h", username="somebody"))


def test_many_threads_look_a_secret_up_once():
    asked, together = [], threading.Barrier(8)

    def prompt(text: str) -> str:
        asked.append(text)
        return PLANTED

    credentials = Credentials(prompt=prompt, interactive=lambda: True)

    def look_up(_: int) -> str:
        together.wait(10)
        return credentials.of(_connection(SecretSource.PROMPT)).reveal()

    with ThreadPoolExecutor(8) as threads:
        secrets = list(threads.map(look_up, range(8)))

    assert secrets == [PLANTED] * 8
    assert len(asked) == 1
