"""`auditor gate`: stored runs judged by other gates, as a pipeline would, and what the page about gates shows."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from auditor.cli.main import main
from auditor.gate import gated
from auditor.model.drift import BEGINNING
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.gate import gate_texts, parse_gate
from auditor.model.policy import Level, Severity, Source
from auditor.model.run import Host, JudgedPolicy, Run
from auditor.report import write_run
from auditor.summary import count, coverage

_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def auditor(*words: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def finding(host: str, check: str, verdict: Verdict, severity: Severity) -> Finding:
    return Finding(
        host=host, policy="owa", check=check, title="", level=Level.FAIL, severity=severity, verdict=verdict,
        expected="", actual=verdict.value, reason="", reference="", remediation="",
    )  # fmt: skip


def stored(name: str, day: int, findings: Sequence[Finding], silent: Sequence[str] = ()) -> Run:
    """Return a run of 20 servers, `web01` to `web20`, that pass but for the findings."""
    names = [f"web{number:02}" for number in range(1, 21)]
    told = {(each.host, each.check) for each in findings}
    passing = [finding(each, "tls", Verdict.PASS, Severity.LOW) for each in names if (each, "tls") not in told]
    hosts = tuple(Host(name=each, status=Status.UNREACHABLE if each in silent else Status.REACHED) for each in names)
    found = tuple(
        replace(each, verdict=Verdict.ERROR, actual="") if each.host in silent else each
        for each in [*passing, *findings]
    )
    moment = f"2026-11-{day:02}T02:30:00Z"
    run = Run(
        id=name, started=moment, finished=moment, version="0.1.0", fail_on="fail", hosts=hosts,
        policies=(JudgedPolicy(id="owa", version="1", title="", digest="", source=Source(document="")),),
        findings=tuple(sorted(found, key=lambda each: (each.host, each.check))),
        coverage=coverage(hosts, found, len(found)), summary=count(found), exit_code=0, exit_reason="",
    )  # fmt: skip
    return gated(run, parse_gate())


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with three nights: a critical finding in all, then a new one of low severity, one server lost."""
    old = finding("web03", "ssl-required", Verdict.FAIL, Severity.CRITICAL)
    new = finding("web07", "banner", Verdict.FAIL, Severity.LOW)
    monday = stored("monday", 23, [old, finding("web07", "banner", Verdict.PASS, Severity.LOW)])
    tuesday = stored("tuesday", 24, [old, new], silent=["web20"])
    first = replace(stored("sunday", 22, [old]), drift=BEGINNING)
    for run in (gated(first, parse_gate(["new"])), monday, tuesday):
        write_run(run, (), tmp_path / "reports")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("sunday", 1),
        ("sunday --fail-on drift", 1),
        ("sunday --fail-on new:critical", 1),
        ("sunday --fail-on new --against monday", 0),
        ("monday --fail-on new --against sunday", 0),
        ("monday", 1),
        ("monday --fail-on never", 0),
        ("monday --fail-on high", 1),
        ("tuesday", 3),
        ("tuesday --min-coverage 95%", 1),
        ("tuesday --min-coverage 96%", 3),
        ("tuesday --min-coverage 95% --fail-on never", 0),
        ("tuesday --min-coverage 95% --fail-on new:high --against monday", 0),
        ("tuesday --min-coverage 95% --fail-on new --against monday", 1),
        ("tuesday --min-coverage 95% --fail-on never --fail-on owa=new:low --against monday", 1),
        ("tuesday --min-coverage 95% --fail-on drift --against tuesday", 0),
        ("monday --fail-on drift --against tuesday", 0),
    ],
)
def test_a_stored_run_is_judged_by_another_gate(runs: Path, options: str, code: int) -> None:
    ended = auditor("gate", *options.split())

    assert (ended.code, ended.err) == (code, "")
    assert ended.out.splitlines()[-1].startswith(f"exit code {code}: ")


def test_without_options_it_is_the_gate_the_run_was_made_with(runs: Path) -> None:
    wide = replace(stored("wide", 25, [], silent=["web20"]), id="wide")
    write_run(gated(wide, parse_gate(["never"], "95%")), (), runs)

    assert auditor("gate", "wide").code == 0
    assert auditor("gate", "wide", "--min-coverage", "100%").code == 3


def test_the_stored_run_stays_as_it_is(runs: Path) -> None:
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}

    auditor("gate", "tuesday", "--fail-on", "never", "--min-coverage", "10%")

    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("monday --fail-on hihg", "the gate 'hihg' is not known"),
        ("monday --fail-on new", "was compared with no other, which the gate 'new' needs; add --against RUN"),
        ("monday --fail-on ow=new --against tuesday", "the gate names 'ow', but the policies judged by are owa"),
        ("monday --min-coverage many", "no percentage"),
        ("friday", "no run 'friday'"),
        ("monday --against friday --fail-on new", "no run 'friday'"),
    ],
)
def test_what_cannot_be_judged_is_a_usage_error_and_never_green(runs: Path, options: str, said: str) -> None:
    ended = auditor("gate", *options.split())

    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_the_page_about_gates_shows_what_the_command_prints(runs: Path, repository: Path) -> None:
    page = (repository / "docs" / "ci-gates.md").read_text(encoding="utf-8")
    shown = [line for block in _BLOCK.findall(page) for line in block.splitlines()]

    printed = []
    for line in shown:
        if line.startswith("$ auditor "):
            ended = auditor(*line.removeprefix("$ auditor ").split())
            printed += [line, *ended.out.splitlines()]

    assert printed == shown
    assert sum(line.startswith("$ auditor gate") for line in shown) >= 4


def test_the_gates_on_the_page_are_gates(repository: Path) -> None:
    page = (repository / "docs" / "ci-gates.md").read_text(encoding="utf-8")

    written = re.findall(r"^\| `([a-z:,=-]+)` \|", page, re.MULTILINE)

    in_files = [yaml.safe_load(block)["fail_on"] for block in _YAML.findall(page)]
    assert [str(parse_gate(gate_texts(gate))) for gate in in_files] == [
        "high,new",
        "fail,exchange-2007-owa-ssl-offloading=new:high",
    ]
    assert {str(parse_gate([gate])) for gate in written} >= {"fail", "warning", "high", "new", "drift", "never"}
