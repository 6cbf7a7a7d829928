"""`auditor waive` from a stored run to an entry that waives just that."""

import argparse
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.cli import waive as command
from auditor.cli.waivers_option import add_waivers, waivers_named, warning_time
from auditor.errors import DocumentError, ExitCode, UsageError
from auditor.load.policy import load_policy
from auditor.load.shipped import find_policy
from auditor.model.finding import FLEET, Finding, Verdict, fingerprint
from auditor.model.policy import Level, Policy, Severity
from auditor.model.run import Host, Run
from auditor.model.waiver import Waiver
from auditor.probes import PROBES
from auditor.report import write_run
from auditor.runs import read_run
from auditor.waive import waive

POLICY = "exchange-2007-owa-ssl-offloading"
CHECK = "ssloffloaded-set"
TODAY = datetime.now(UTC).date()
SOON = str(TODAY + timedelta(days=30))
FAR = f"{TODAY.year + 1}-12-31"
WORDS = ("--owner", "Jane Doe", "--reason", "The vendor: waits", "--ticket", "CHG-1", "--expires", SOON)

Waive = Callable[..., ExitCode]


def found(host: str, verdict: Verdict = Verdict.FAIL, actual: str = "REG_SZ '1'", check: str = CHECK) -> Finding:
    return Finding(
        host=host, policy=POLICY, check=check, title="t", level=Level.FAIL, severity=Severity.HIGH, verdict=verdict,
        expected="e", actual=actual, reason="", reference="", remediation="",
    )  # fmt: skip


FINDINGS = (
    found(FLEET, check="all-servers-agree"),
    found("cas01.corp.example"),
    found("cas02.corp.example", actual="REG_SZ '2'"),
    found("cas03.corp.example", Verdict.ERROR),
    found("cas04.corp.example", Verdict.PASS),
    found("cas05.corp.example", actual="x" * 1000),
    replace(found("mbx01.corp.example"), check="shared"),
    replace(found("mbx01.corp.example"), check="shared", policy="second"),
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(find_policy(POLICY), PROBES)


@pytest.fixture
def run(repository: Path) -> Run:
    golden = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")
    names = dict.fromkeys(finding.host for finding in FINDINGS if finding.host != FLEET)
    return replace(
        golden, findings=FINDINGS, hosts=tuple(Host(name=name, status=golden.hosts[0].status) for name in names)
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "waivers.yaml"


@pytest.fixture
def accept(tmp_path: Path, run: Run, policy: Policy, file: Path) -> Waive:
    write_run(run, (), tmp_path / "reports", extra={f"policies/{POLICY}.yaml": [policy.text.encode()]})

    def execute(*words: str) -> ExitCode:
        parser = argparse.ArgumentParser()
        command.arguments(parser)
        given = ("--file", str(file), "--out", str(tmp_path / "reports"), *words)
        return command.execute(parser.parse_args(given))

    return execute


def stored(file: Path, policy: Policy) -> tuple[Waiver, ...]:
    return waivers_named(str(file), [policy], TODAY)


def test_a_deviation_is_accepted_and_then_waived(
    accept: Waive, file: Path, policy: Policy, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    code = accept("--run", "last", "--check", CHECK, "--host", "CAS01.corp.example", *WORDS)

    (waiver,) = stored(file, policy)
    waived = waive(run.findings, [waiver], run.hosts, datetime.now(UTC), timedelta(days=14))
    assert code is ExitCode.COMPLIANT
    assert capsys.readouterr().out == f"{file}: waiver ssloffloaded-set-cas01 until the end of {SOON} (UTC)\n"
    assert [finding.host for finding in waived.findings if finding.waiver] == ["cas01.corp.example"]
    assert waived.notes.unused == ()


def test_the_command_on_the_page_writes_the_entry_on_the_page(
    repository: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (repository / "docs" / "waivers.md").read_text(encoding="utf-8").replace("2026-12-31", SOON)
    (console,) = re.findall(r"^```console\n\$ auditor waive (.*?)\n(waivers.*?)^```", page, re.DOTALL | re.MULTILINE)
    _, entry = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    write_run(replace(run, findings=(found("cas04.corp.example"),)), (), tmp_path / "reports")
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    command.arguments(parser)

    command.execute(parser.parse_args(shlex.split(console[0].replace("\\\n", ""))))

    assert capsys.readouterr().out == console[1]
    assert (tmp_path / "waivers.yaml").read_text() == entry


def test_comments_of_the_file_are_kept_and_ids_are_unique(accept: Waive, file: Path, policy: Policy) -> None:
    file.write_text("# Accepted by the change board.\nwaivers: []  # none\n")

    for _ in range(2):
        accept("--check", CHECK, "--host", "cas01.corp.example", "cas02.corp.example", *WORDS)

    assert file.read_text().startswith("# Accepted by the change board.\nwaivers:  # none\n  - id: ")
    names = ["ssloffloaded-set-cas01-and-others", "ssloffloaded-set-cas01-and-others-2"]
    assert [waiver.id for waiver in stored(file, policy)] == names


def test_with_the_value_accepted_each_value_has_its_entry(accept: Waive, file: Path, policy: Policy) -> None:
    hosts = ("cas01.corp.example", "cas02.corp.example", "cas05.corp.example")

    accept("--check", CHECK, "--host", *hosts, "--accept-value", *WORDS)

    accepted = {waiver.hosts[0]: waiver.accepted for waiver in stored(file, policy)}
    assert accepted == dict(zip(hosts, ("REG_SZ '1'", "REG_SZ '2'", fingerprint(FINDINGS[5])), strict=True))


def test_the_fleet_is_named_by_a_star(accept: Waive, file: Path, policy: Policy) -> None:
    accept("--check", "all-servers-agree", "--host", "*", *WORDS)

    assert [(waiver.id, waiver.hosts) for waiver in stored(file, policy)] == [("all-servers-agree-fleet", ("*",))]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--check", CHECK, "--host", "cas03.corp.example", *WORDS), "what is not known cannot be waived"),
        (("--check", CHECK, "--host", "cas04.corp.example", *WORDS), "passes there, so there is nothing to waive"),
        (("--check", CHECK, "--host", "cas1.corp.example", *WORDS), "did you mean 'cas01.corp.example'"),
        (("--check", "ssloffloaded", "--host", "cas01.corp.example", *WORDS), "did you mean 'ssloffloaded-set'"),
        (("--check", "shared", "--host", "mbx01.corp.example", *WORDS), "name one of them with --policy"),
        (("--check", CHECK, "--host", "cas01.corp.example", *WORDS, "--expires", "31.12.2026"), "is no date"),
        (("--check", CHECK, "--host", "cas01.corp.example", *WORDS, "--expires", "2020-01-01"), "has passed"),
        (("--check", CHECK, "--host", "cas01.corp.example", *WORDS, "--expires", FAR), "more than 180 days"),
        (("--check", CHECK, "--host", "cas01.corp.example", *WORDS, "--owner", " "), "--owner is blank"),
        (("--check", CHECK, "--host", "cas01.corp.example", *WORDS, "--zone", "Berlin"), "did you mean"),
    ],
)  # fmt: skip
def test_what_cannot_be_accepted_is_refused_and_nothing_is_written(
    accept: Waive, file: Path, words: tuple[str, ...], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        accept(*words)

    assert not file.exists()


def test_a_file_that_is_wrong_is_told_before_anything_is_written(accept: Waive, file: Path) -> None:
    file.write_text("waivers: {}\n")

    with pytest.raises(DocumentError, match="a list is needed"):
        accept("--check", CHECK, "--host", "cas01.corp.example", *WORDS)

    assert file.read_text() == "waivers: {}\n"


def test_the_options_of_other_commands_mean_what_they_say() -> None:
    parser = argparse.ArgumentParser()
    add_waivers(parser)

    options = parser.parse_args(["--waivers", "w.yaml", "--no-waivers", "--waiver-warning", "3d"])

    assert (options.waivers, options.no_waivers) == ("w.yaml", True)
    assert [warning_time(text).days for text in (options.waiver_warning, "30", None, "0d")] == [3, 30, 14, 0]
    assert waivers_named("", [], TODAY) == ()


@pytest.mark.parametrize("text", ["", "d", "2w", "-1d", "1.5d", "99999d"])
def test_a_warning_time_that_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no number of days"):
        warning_time(text)
