"""What the command line and the audit file come to together."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli import run
from auditor.cli.wishes import Wishes, wishes_of
from auditor.errors import UsageError
from auditor.model.gate import parse_gate
from auditor.model.inventory import Authentication, Scheme, SecretReference, SecretSource

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
    "min_coverage": "90%",
    "waivers": "accepted",
    "waiver_warning": "7d",
    "against": "last",
    "store": "none",
    "notify": ["environment:HOOK"],
    "log": "audit.log",
    "log_format": "json",
    "deadline": 900,
    "retries": 0,
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

    assert (wished.jobs, wished.timeout, str(wished.gate), wished.out) == (16, 120, "fail", Path("reports"))
    assert (wished.policies, wished.inventory, wished.hosts, wished.formats) == ((), "", (), ())
    assert (wished.waivers, wished.waiver_warning, wished.against, wished.store) == ("", None, "", "")
    assert (wished.notify, wished.log, wished.log_format, wished.deadline, wished.retries) == ((), "", "", None, 2)


def test_the_audit_file_stands_for_what_the_command_line_leaves_out(wishes, tmp_path: Path) -> None:
    wished = wishes("--config", "audit.yaml")

    assert wished.policies == ("one",)
    assert wished.inventory == str(tmp_path / "servers.yaml")
    assert wished.hosts == ("cas09",)
    assert wished.inputs == FILE["inputs"]
    assert wished.formats == ("junit",)
    assert wished.out == tmp_path / "night"
    assert (str(wished.gate), wished.jobs, wished.timeout) == ("never", 3, 7)
    assert (wished.gate.percent, wished.waivers, wished.waiver_warning) == ("90%", str(tmp_path / "accepted"), "7d")
    assert (wished.against, wished.store, wished.notify) == ("last", "none", ("environment:HOOK",))
    assert (wished.log, wished.log_format) == (str(tmp_path / "audit.log"), "json")
    assert (wished.deadline, wished.retries) == (900, 0)


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        (("--policy", "two"), "policies", ("two",)),
        (("--format", "text"), "formats", ("text",)),
        (("--out", "day"), "out", Path("day")),
        (("--fail-on", "warning"), "gate", parse_gate(["warning"], "90%")),
        (("--jobs", "1"), "jobs", 1),
        (("--timeout", "1"), "timeout", 1),
        (("--min-coverage", "80%"), "gate", parse_gate(["never"], "80%")),
        (("--no-waivers",), "waivers", ""),
        (("--waivers", "other.yaml"), "waivers", "other.yaml"),
        (("--waiver-warning", "1d"), "waiver_warning", "1d"),
        (("--against", "baseline:approved"), "against", "baseline:approved"),
        (("--store", "sqlite:///x.db"), "store", "sqlite:///x.db"),
        (("--notify", "json://localhost"), "notify", ("json://localhost",)),
        (("--log", "x.log"), "log", "x.log"),
        (("--log-format", "text"), "log_format", "text"),
        (("--deadline", "5"), "deadline", 5),
        (("--retries", "4"), "retries", 4),
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
        (("--deadline", "0"), "--deadline 0 makes no sense"),
        (("--retries", "-1"), "--retries -1 makes no sense"),
        (("--min-coverage", "most"), "--min-coverage 'most' is no percentage"),
        (("--fail-on", "sometimes"), "the gate 'sometimes' is not known"),
        (("--evidence", "last", "--resume", "last"), "choose one"),
        (("--input", "http_port"), "--input 'http_port' is not KEY=VALUE"),
        (("--input", "=80"), "--input '=80' is not KEY=VALUE"),
    ],
)
def test_what_would_be_ignored_or_makes_no_sense_is_refused(wishes, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wishes(*words)


def test_a_value_may_have_an_equals_sign(wishes) -> None:
    assert wishes("--input", "owa_site=a=b").inputs == {"owa_site": "a=b"}
