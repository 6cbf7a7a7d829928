"""What the command line and the audit file come to together."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli import run
from auditor.cli.wishes import Wishes, wishes_of
from auditor.errors import UsageError
from auditor.model.inventory import Authentication, Scheme, SecretReference, SecretSource
from auditor.model.run import FailOn

FILE = {
    "policies": ["one"],
    "inventory": "servers.yaml",
    "hosts": ["cas09"],
    "inputs": {"http_port": 80, "owa_site": "Webmail"},
    "formats": ["junit"],
    "out": "night",
    "fail_on": "never",
    "jobs": 3,
    "timeout": 7,
}


@pytest.fixture
def wishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Wishes]:
    """Return what words of `auditor run` come to, beside the audit file `audit.yaml`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITOR_PASSWORD", raising=False)
    Path("audit.yaml").write_text(json.dumps(FILE))
    parser = argparse.ArgumentParser()
    run.arguments(parser)
    return lambda *words: wishes_of(parser.parse_args(words))


def test_without_anything_there_are_defaults(wishes) -> None:
    wished = wishes()

    assert (wished.jobs, wished.timeout, wished.fail_on, wished.out) == (16, 120, FailOn.FAIL, Path("reports"))
    assert (wished.policies, wished.inventory, wished.hosts, wished.formats) == ((), "", (), ())


def test_the_audit_file_stands_for_what_the_command_line_leaves_out(wishes, tmp_path: Path) -> None:
    wished = wishes("--config", "audit.yaml")

    assert wished.policies == ("one",)
    assert wished.inventory == str(tmp_path / "servers.yaml")
    assert wished.hosts == ("cas09",)
    assert wished.inputs == FILE["inputs"]
    assert wished.formats == ("junit",)
    assert wished.out == tmp_path / "night"
    assert (wished.fail_on, wished.jobs, wished.timeout) == (FailOn.NEVER, 3, 7)


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        (("--policy", "two"), "policies", ("two",)),
        (("--format", "text"), "formats", ("text",)),
        (("--out", "day"), "out", Path("day")),
        (("--fail-on", "warning"), "fail_on", FailOn.WARNING),
        (("--jobs", "1"), "jobs", 1),
        (("--timeout", "1"), "timeout", 1),
        (("--input", "http_port=81"), "inputs", {"http_port": "81", "owa_site": "Webmail"}),
    ],
)
def test_the_command_line_outranks_the_audit_file(wishes, words: tuple[str, ...], name: str, expected: object) -> None:
    assert getattr(wishes("--config", "audit.yaml", *words), name) == expected


@pytest.mark.parametrize("words", [("--host", "cas01"), ("--inventory", "few.yaml")])
def test_servers_of_the_command_line_replace_those_of_the_audit_file(wishes, words: tuple[str, ...]) -> None:
    wished = wishes("--config", "audit.yaml", *words)

    assert (wished.inventory, wished.hosts) in (("", ("cas01",)), ("few.yaml", ()))


@pytest.mark.parametrize(("scheme", "port"), [("http", 5985), ("https", 5986)])
def test_the_port_is_that_of_the_scheme(wishes, scheme: str, port: int) -> None:
    connection = wishes("--host", "cas01", "--scheme", scheme).connection

    assert (connection.scheme, connection.port) == (Scheme(scheme), port)
    assert connection.authentication is Authentication.NTLM


def test_options_of_a_connection_are_for_the_hosts_of_an_audit_file_too(wishes) -> None:
    wished = wishes("--config", "audit.yaml", "--username", "me", "--ca-file", "house.pem")

    assert (wished.connection.username, wished.connection.ca_file) == ("me", "house.pem")


@pytest.mark.parametrize(
    ("text", "source", "reference"),
    [
        ("environment:NIGHT", SecretSource.ENVIRONMENT, "NIGHT"),
        (r"file:C:\keys\night", SecretSource.FILE, r"C:\keys\night"),
        ("command:vault read --field=a:b", SecretSource.COMMAND, "vault read --field=a:b"),
        ("keyring:audit", SecretSource.KEYRING, "audit"),
        ("prompt", SecretSource.PROMPT, ""),
    ],
)
def test_a_secret_is_referred_to(wishes, text: str, source: SecretSource, reference: str) -> None:
    secret = wishes("--host", "cas01", "--secret", text).connection.secret

    assert secret == SecretReference(source=source, reference=reference)


@pytest.mark.parametrize("text", ["hunter2", "environment:", "prompt:now", "vault:night", ""])
def test_what_is_no_reference_is_refused_without_repeating_it(wishes, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        wishes("--host", "cas01", "--secret", text)

    assert str(refused.value).startswith("--secret must be environment:NAME")
    assert "hunter2" not in str(refused.value)


def test_without_a_secret_the_variable_is_taken_where_it_is_set(wishes, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = wishes("--host", "cas01").connection.secret
    monkeypatch.setenv("AUDITOR_PASSWORD", "x")
    taken = wishes("--host", "cas01").connection.secret

    assert asked == SecretReference(source=SecretSource.PROMPT)
    assert taken == SecretReference(source=SecretSource.ENVIRONMENT, reference="AUDITOR_PASSWORD")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--inventory", "few.yaml", "--username", "me", "--scheme", "https"), "--username, --scheme: for servers of"),
        (("--inventory", "few.yaml", "--ca-file", "house.pem"), "--ca-file: for servers of --host only"),
        (("--evidence", "last", "--host", "cas01"), "leave --inventory and --host out"),
        (
            ("--config", "audit.yaml", "--evidence", "last", "--secret", "prompt"),
            "--secret: for servers of --host only",
        ),
        (("--jobs", "0"), "--jobs 0 makes no sense"),
        (("--timeout", "-5"), "--timeout -5 makes no sense"),
        (("--input", "http_port"), "--input 'http_port' is not KEY=VALUE"),
        (("--input", "=80"), "--input '=80' is not KEY=VALUE"),
    ],
)
def test_what_would_be_ignored_or_makes_no_sense_is_refused(wishes, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wishes(*words)


def test_a_value_may_have_an_equals_sign(wishes) -> None:
    assert wishes("--input", "owa_site=a=b").inputs == {"owa_site": "a=b"}
