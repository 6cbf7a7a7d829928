"""`auditor run --evidence RUN`: stored evidence judged again, without contacting anything."""

import json
import shutil
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario

OFFLOADING = "exchange-2007-owa-ssl-offloading"
REQUIRED = "exchange-2007-owa-ssl-required"
NEVER_ASKED = r"""
id: smtp-banner
version: "1.0"
title: The SMTP service starts by hand
source: {document: House rules}
checks:
  - id: smtp-by-hand
    title: The SMTP service starts by hand
    severity: low
    probe: registry_value
    parameters: {key: 'HKLM\SYSTEM\CurrentControlSet\Services\SMTPSVC', name: Start}
    expect: {value: {equals: 3}}
    rationale: It is used rarely.
    remediation: Change it.
    reference: Rule 1
  - id: ssloffloaded-there
    title: SSLOffloaded is there
    severity: low
    probe: registry_value
    parameters: {key: 'HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA', name: SSLOffloaded}
    expect: {present: {equals: true}}
    rationale: It was asked for.
    remediation: Set it.
    reference: Rule 2
"""


@pytest.fixture
def reports(audited, auditor, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a reports folder with one run of the whole scenario, where no network is within reach."""
    folder = Path("reports")
    shutil.copytree(audited.out, folder, symlinks=True)

    def refuse(*_arguments: object) -> NoReturn:
        raise AssertionError("something was contacted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    return folder


def findings_of(folder: Path) -> bytes:
    """Return the findings as they stand in `run.json`, byte for byte."""
    return (folder / "run.json").read_bytes().partition(b'"findings": ')[2].partition(b',\n  "waivers": ')[0]


def verdicts_of(folder: Path) -> dict[tuple[str, str], str]:
    run = json.loads((folder / "run.json").read_bytes())
    return {(each["host"], each["check"]): each["verdict"] for each in run["findings"]}


@pytest.mark.parametrize("spelled", ["last", "id", "path", "full path"])
def test_the_same_policies_give_the_same_findings_byte_for_byte(auditor, audited, reports, spelled: str) -> None:
    first = reports / audited.folder.name
    run = {"last": "last", "id": first.name, "path": str(first), "full path": str(audited.folder)}[spelled]

    ended = auditor("run", "--evidence", run)

    assert ended.code == 3
    assert (reports / "latest").resolve() != first.resolve()
    assert findings_of(reports / "latest") == findings_of(first)
    assert json.loads(findings_of(first)) == audited.run["findings"]


def test_judging_again_says_whose_evidence_it_was(auditor, audited, reports) -> None:
    auditor("run", "--evidence", "last")

    run = json.loads((reports / "latest" / "run.json").read_bytes())
    assert run["run"]["evidence_of"] == audited.folder.name
    assert run["hosts"] == audited.run["hosts"]
    assert run["policies"] == audited.run["policies"]


def test_a_run_folder_is_found_from_within(auditor, audited, reports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(reports / audited.folder.name)

    auditor("run", "--evidence", ".", "--out", "again")

    run = json.loads(Path("again/latest/run.json").read_bytes())
    assert run["run"]["evidence_of"] == audited.folder.name


def test_what_was_judged_again_can_be_judged_again(auditor, audited, reports) -> None:
    auditor("run", "--evidence", "last")
    auditor("run", "--evidence", "last")

    assert findings_of(reports / "latest") == findings_of(audited.folder)


def test_no_server_is_contacted(auditor, fleet, reports) -> None:
    before = [server.counters.now() for server in fleet.servers]

    auditor("run", "--evidence", "last")

    assert [server.counters.now() for server in fleet.servers] == before


def test_evidence_outlives_its_servers(auditor, tmp_path: Path) -> None:
    with Fleet.start(load_scenario(find_scenario("small"))) as fleet:
        fleet.write_inventory(tmp_path / "inventory.yaml")
        auditor("run", "--policy", OFFLOADING, "--inventory", "inventory.yaml")
    first = Path("reports/latest").resolve()

    ended = auditor("run", "--evidence", "last")

    assert ended.code == 1
    assert not (tmp_path / "inventory.yaml.password").exists()
    assert findings_of(Path("reports/latest")) == findings_of(first)


def test_another_policy_says_what_it_would_have_said(auditor, reports) -> None:
    ended = auditor("run", "--evidence", "last", "--policy", REQUIRED)

    verdicts = verdicts_of(reports / "latest")
    assert ended.code == 3
    assert {check: verdicts["cas-compliant", check] for _, check in verdicts if check != "all-servers-agree"} == {
        "site-ssl-required": "fail",
        "owa-ssl-required": "fail",
        "ssloffloaded-not-set": "fail",
        "activesync-requires-ssl": "pass",
        "owa-refuses-plain-http": "warn",
    }
    assert verdicts["cas-ssl-still-required", "site-ssl-required"] == "pass"
    assert verdicts["cas-ssloffloaded-zero", "ssloffloaded-not-set"] == "pass"
    assert verdicts["cas-2007-rtm", "site-ssl-required"] == "not_applicable"
    assert verdicts["cas-unreachable", "site-ssl-required"] == "error"


def test_another_gate_is_no_reason_to_ask_the_servers_again(auditor, tmp_path: Path) -> None:
    with Fleet.start(load_scenario(find_scenario("small"))) as fleet:
        fleet.write_inventory(tmp_path / "inventory.yaml")
        auditor("run", "--policy", OFFLOADING, "--inventory", "inventory.yaml")

    assert auditor("run", "--evidence", "last", "--fail-on", "never").code == 0


def test_what_was_not_asked_is_not_known_and_never_absent(auditor, reports) -> None:
    Path("own.yaml").write_text(NEVER_ASKED)

    ended = auditor("run", "--evidence", "last", "--policy", "own.yaml", "--fail-on", "never")

    run = json.loads((reports / "latest" / "run.json").read_bytes())
    (finding,) = (
        each for each in run["findings"] if (each["host"], each["check"]) == ("cas-compliant", "smtp-by-hand")
    )
    assert ended.code == 3
    assert finding["verdict"] == "error"
    assert "not asked" in finding["reason"]
    assert verdicts_of(reports / "latest")["cas-compliant", "ssloffloaded-there"] == "pass"


def test_an_input_of_today_outranks_that_of_the_stored_run(auditor, reports) -> None:
    auditor("run", "--evidence", "last", "--input", "look_from_outside=false")

    assert verdicts_of(reports / "latest")["cas-outside-disagrees", "owa-served-without-ssl"] == "not_applicable"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("latest-one",), "no run 'latest-one' in reports; name a run's folder"),
        (("last", "--host", "cas01"), "leave --inventory and --host out"),
        (("last", "--username", "me"), "--username: for servers of --host only"),
        (("last", "--out", "elsewhere"), "elsewhere holds no runs"),
        (("last", "--policy", "exchange-2007-owa-ssl-ofloading"), f"did you mean '{OFFLOADING}'?"),
        (("last", "--input", "htp_port=1"), "unknown input 'htp_port'; did you mean 'http_port'?"),
    ],
)
def test_what_cannot_be_judged_again_ends_with_2(auditor, reports, words: tuple[str, ...], said: str) -> None:
    ended = auditor("run", "--evidence", *words)

    assert ended.code == 2
    assert said in ended.err


def test_an_unknown_run_is_answered_with_the_nearest_one(auditor, audited, reports) -> None:
    ended = auditor("run", "--evidence", f"{audited.folder.name}0")

    assert ended.code == 2
    assert f"did you mean '{audited.folder.name}'?" in ended.err


def test_damaged_evidence_is_refused_and_not_half_judged(auditor, audited, reports) -> None:
    evidence = reports / audited.folder.name / "evidence.jsonl"
    evidence.write_bytes(evidence.read_bytes()[:-100])

    ended = auditor("run", "--evidence", "last")

    assert ended.code == 2
    assert "stored evidence is damaged" in ended.err
    assert {path.name for path in reports.iterdir()} == {audited.folder.name, "latest", "history.db"}


def test_a_run_without_evidence_says_so(auditor, audited, reports) -> None:
    (reports / audited.folder.name / "evidence.jsonl").unlink()

    ended = auditor("run", "--evidence", "last")

    assert ended.code == 2
    assert "name a run that has evidence" in ended.err
