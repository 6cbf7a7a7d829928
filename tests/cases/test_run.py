"""`auditor run` against every server of the shipped scenario, over real sockets."""

import json
import os
import pty
import re
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from auditor.load.inventory import load_inventory

POLICY = ("--policy", "exchange-2007-owa-ssl-offloading")
VERDICTS = {"p": "pass", "w": "warn", "F": "fail", "e": "error", "-": "not_applicable"}

# What the scenario's descriptions mean, worked out by hand from the procedure:
#   1 site-ssl-not-required   4 ssloffloaded-in-effect    7 owa-no-redirect-to-https  10 activesync-refuses-plain-http
#   2 owa-ssl-not-required    5 activesync-requires-ssl   8 owa-served-without-ssl
#   3 ssloffloaded-set        6 activesync-not-offloaded  9 owa-links-are-https
CHECKS = (
    "site-ssl-not-required",
    "owa-ssl-not-required",
    "ssloffloaded-set",
    "ssloffloaded-in-effect",
    "activesync-requires-ssl",
    "activesync-not-offloaded",
    "owa-no-redirect-to-https",
    "owa-served-without-ssl",
    "owa-links-are-https",
    "activesync-refuses-plain-http",
)
TABLE = """
                            1 2 3 4 5 6 7 8 9 10
    cas-compliant           p p p p p w p p p p
    cas-iis6                p p p p p w p p p p
    cas-no-worker           p p p p p w p p p p
    cas-ssl-still-required  F F p p p w p w p p
    cas-legacy-ssl-required p F p p p w p p p p
    cas-web-config          p F p p p w p w p p
    cas-outside-disagrees   p p p p p w p w p p
    cas-value-2             p p w p p w p p p p
    cas-ssloffloaded-absent p p F - p - p p - p
    cas-owa-key-absent      p p F - p - p p - p
    cas-ssloffloaded-zero   p p F - p - p p - p
    cas-wrong-type          p p F - p - p p - p
    cas-registry-denied     p p e e p e p p e p
    cas-not-restarted       p p p F p w p p w p
    cas-only-recycled       p p p w p w p p p p
    cas-activesync-lost-ssl p p p p F w p p p w
    cas-redirect-loop       p p p p p w w w p p
    cas-setup-unfinished    e e e e e e e e e e
    cas-unreachable         e e e e e e e e e e
    cas-access-denied       e e e e e e e e e e
    cas-wrong-password      e e e e e e e e e e
    cas-2007-rtm            - - - - - - - - - -
    cas-2010                - - - - - - - - - -
    exchange-2003           - - - - - - - - - -
    mbx-no-client-access    - - - - - - - - - -
"""
EXPECTED = {name: dict(zip(CHECKS, row, strict=True)) for name, *row in map(str.split, TABLE.splitlines()[2:])}
EXPECTED = {name: {check: VERDICTS[verdict] for check, verdict in row.items()} for name, row in EXPECTED.items()}

SSLOFFLOADED = {
    "cas-owa-key-absent": r"registry key HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA is absent",
    "cas-ssloffloaded-absent": r"SSLOffloaded is absent from HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA",
    "cas-ssloffloaded-zero": "SSLOffloaded is REG_DWORD 0",
    "cas-wrong-type": "SSLOffloaded is REG_SZ '1'",
    "cas-registry-denied": "access denied",
}


@pytest.mark.parametrize("server", EXPECTED)
def test_every_verdict_is_the_one_that_the_server_was_made_to_show(audited, server: str) -> None:
    verdicts = {each["check"]: each["verdict"] for each in audited.run["findings"] if each["host"] == server}

    assert verdicts == EXPECTED[server]


def test_the_table_has_every_server_of_the_scenario(audited) -> None:
    assert sorted(EXPECTED) == list(audited.servers)


def test_what_is_not_known_outranks_what_fails_in_the_exit_code(audited) -> None:
    assert audited.ended.code == 3
    assert audited.run["exit_code"] == 3
    assert "11 failing checks" in audited.run["exit_reason"]
    assert audited.ended.err == ""


@pytest.mark.parametrize(("server", "found"), SSLOFFLOADED.items())
def test_five_ways_to_have_no_offloading_read_differently(audited, server: str, found: str) -> None:
    finding = audited.finding(server, "ssloffloaded-set")

    assert found in finding["actual"] + finding["reason"]


def test_a_value_other_than_1_is_a_warning_that_says_why(audited) -> None:
    finding = audited.finding("cas-value-2", "ssloffloaded-set")

    assert finding["actual"] == "SSLOffloaded is REG_DWORD 2"
    assert "the documented value is 1" in finding["reason"]


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("cas-2007-rtm", "Exchange 2007 RTM"),
        ("exchange-2003", "327800"),
        ("cas-2010", "needs another policy"),
        ("mbx-no-client-access", "Client Access role is not installed"),
    ],
)
def test_where_the_procedure_does_not_apply_each_finding_says_why(audited, server: str, reason: str) -> None:
    findings = [each for each in audited.run["findings"] if each["host"] == server]

    assert len(findings) == len(CHECKS)
    assert all(reason in finding["reason"] for finding in findings)


def test_a_lost_requirement_says_where_it_is_inherited_from(audited) -> None:
    finding = audited.finding("cas-activesync-lost-ssl", "activesync-requires-ssl")

    assert "/Microsoft-Server-ActiveSync does not require SSL" in finding["actual"]
    assert "inherited from web site 'Default Web Site'" in finding["actual"]


def test_a_disagreement_of_inside_and_outside_is_said(audited) -> None:
    finding = audited.finding("cas-outside-disagrees", "owa-served-without-ssl")

    assert "INSIDE AND OUTSIDE DISAGREE" in finding["actual"]


def test_unfinished_setup_is_not_taken_for_a_missing_role(audited) -> None:
    finding = audited.finding("cas-setup-unfinished", "ssloffloaded-set")

    assert "unfinished" in finding["reason"]
    assert "Watermark" in finding["reason"]


def test_the_fleet_finding_names_who_differs_and_who_is_not_known(audited) -> None:
    finding = audited.finding("*", "all-servers-agree")

    assert finding["verdict"] == "fail"
    different = finding["actual"].partition("nonzero_dword true")[0]
    assert re.findall(r"cas-[\w-]+", different) == [
        "cas-owa-key-absent",
        "cas-ssloffloaded-absent",
        "cas-ssloffloaded-zero",
        "cas-wrong-type",
    ]
    assert {"cas-unreachable", "cas-registry-denied"} <= set(re.findall(r"cas-[\w-]+", finding["reason"]))


def test_the_run_is_what_its_schema_says(audited, auditor) -> None:
    schema = json.loads(auditor("schema", "run").out)

    jsonschema.Draft202012Validator(schema).validate(audited.run)


def test_every_server_of_the_inventory_is_in_every_report(audited, inventory: str) -> None:
    names = [server.name for server in load_inventory(Path(inventory))]
    junit = ET.parse(audited.folder / "junit.xml").getroot()
    text = (audited.folder / "report.txt").read_text()

    assert len(names) == 25
    assert [host["name"] for host in audited.run["hosts"]] == names
    assert {suite.get("hostname") for suite in junit.iter("testsuite")} >= set(names)
    assert [name for name in names if f"\n{name}\n" not in text] == []
    assert [name for name in names if f"\n{name}\n" not in audited.ended.out] == []


@pytest.mark.parametrize("server", ["cas-unreachable", "cas-access-denied", "cas-wrong-password"])
def test_a_server_that_was_not_reached_says_what_to_do(audited, server: str) -> None:
    (host,) = (each for each in audited.run["hosts"] if each["name"] == server)

    assert host["status"] == "unreachable"
    assert "; " in host["reason"]
    assert host["reason"] in audited.finding(server, "ssloffloaded-set")["reason"]


def test_the_formats_agree_in_their_counts(audited) -> None:
    summary = audited.run["summary"]
    root = ET.parse(audited.folder / "junit.xml").getroot()
    elements = Counter(child.tag for case in root.iter("testcase") for child in case)
    said = re.search(
        r"checks: (\d+) pass, (\d+) warn, (\d+) fail, (\d+) error.*?, (\d+) not applicable", audited.ended.out
    )

    assert summary == Counter(each["verdict"] for each in audited.run["findings"])
    assert elements["failure"] == summary["fail"]
    assert elements["skipped"] == summary["not_applicable"]
    assert elements["error"] >= summary["error"]
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert sum(int(suite.get(attribute, "0")) for suite in root.iter("testsuite")) == elements[kind]
    assert said is not None
    assert [int(count) for count in said.groups()] == list(summary.values())


def test_the_report_is_valid_for_both_of_its_readers(audited, shared_data: Path) -> None:
    for name in ("jenkins-junit-10.xsd", "windyroad-JUnit.xsd"):
        xmlschema.XMLSchema(shared_data / "schemas" / name).validate(audited.folder / "junit.xml")


def test_a_server_costs_at_most_six_exchanges_after_authentication(audited) -> None:
    asked = {name: counts.messages for name, counts in audited.counts.items() if counts.commands}

    assert len(asked) == 22
    assert max(asked.values()) <= 6


def test_every_shell_that_was_opened_is_deleted(audited) -> None:
    assert sum(counts.shells_opened for counts in audited.counts.values()) == 22
    assert all(counts.shells_opened == counts.shells_deleted for counts in audited.counts.values())


def test_latest_leads_to_the_run(audited) -> None:
    assert audited.folder.name == audited.run["run"]["id"]
    assert f"written to {audited.out / audited.folder.name}\n" in audited.ended.out


def test_a_run_folder_has_the_reports_the_evidence_and_the_policies(audited) -> None:
    files = {str(path.relative_to(audited.folder)) for path in audited.folder.rglob("*") if path.is_file()}

    assert files == {"run.json", "junit.xml", "report.txt", "evidence.jsonl", f"policies/{POLICY[1]}.yaml"}
    assert list(audited.out.glob(".*")) == []


def test_a_second_run_does_not_overwrite_the_first(audited, auditor) -> None:
    words = ("run", "--evidence", str(audited.folder))

    auditor(*words)
    first = (Path("reports/latest") / "run.json").read_bytes()
    auditor(*words)

    folders = [path for path in Path("reports").iterdir() if path.name != "latest"]
    assert len(folders) == 2
    assert any((folder / "run.json").read_bytes() == first for folder in folders)


@pytest.fixture
def one_server(fleet, tmp_path: Path):
    """Return the words that audit one server of the fleet, by `--host` and without an inventory."""

    def words(name: str) -> tuple[str, ...]:
        server = fleet.server(name)
        secret = tmp_path / "secret"
        secret.write_text(fleet.password)
        return (
            *("run", *POLICY, "--host", f"{server.address}:{server.port}", "--username", server.username),
            *("--secret", f"file:{secret}", "--retries", "0", "--input", f"http_port={server.web_port}"),
        )

    return words


@pytest.mark.parametrize(
    ("server", "gate", "code"),
    [
        ("cas-compliant", "fail", 0),
        ("cas-compliant", "warning", 1),
        ("cas-compliant", "never", 0),
        ("cas-wrong-type", "fail", 1),
        ("cas-wrong-type", "never", 0),
        ("cas-registry-denied", "never", 3),
        ("cas-unreachable", "never", 3),
    ],
)
def test_the_gate_decides_the_exit_code_but_never_hides_what_is_not_known(
    auditor, one_server, server: str, gate: str, code: int
) -> None:
    ended = auditor(*one_server(server), "--fail-on", gate)

    assert ended.code == code
    assert json.loads(Path("reports/latest/run.json").read_text())["exit_code"] == code


def test_an_audit_in_which_no_check_applies_is_no_success(auditor, one_server) -> None:
    ended = auditor(*one_server("exchange-2003"))

    assert ended.code == 3
    assert "nothing was judged: no check applies to any server" in ended.out


def test_warnings_fail_the_build_when_the_gate_asks_for_it(auditor, one_server) -> None:
    auditor(*one_server("cas-value-2"), "--fail-on", "warning", "--format", "junit")

    root = ET.parse("reports/latest/junit.xml").getroot()
    assert {failure.get("type") for failure in root.iter("failure")} == {"warning"}


def test_an_input_that_is_named_almost_right_is_noticed(auditor, one_server) -> None:
    words = one_server("cas-compliant")
    address, username, secret = words[4], words[6], words[8].removeprefix("file:")
    host, port = address.split(":")
    connection = {"address": host, "port": int(port), "username": username, "secret": {"file": secret}}
    inputs = {"htp_port": int(words[-1].partition("=")[2]), "rack": "A7"}
    Path("inventory.yaml").write_text(
        json.dumps({"hosts": {"cas01": {"connection": connection, "inputs": inputs}, "cas02": {"inputs": inputs}}})
    )

    ended = auditor("run", *POLICY, "--inventory", "inventory.yaml", "--timeout", "10")

    assert ended.err == (
        "note: inventory.yaml: input 'htp_port' of cas01 is taken by none of its policies; did you mean 'http_port'?\n"
    )


def test_as_a_process_it_ends_with_the_code_of_its_report(python, inventory: str, repository: Path, tmp_path) -> None:
    done = subprocess.run(
        [*python, "run", *POLICY, "--inventory", inventory, "--retries", "0", "--out", tmp_path / "reports"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith(f"written to {tmp_path / 'reports'}")
    assert "\x1b" not in done.stdout


def test_on_a_terminal_it_shows_how_far_it_is_and_takes_that_back(
    python, inventory: str, repository: Path, tmp_path
) -> None:
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [*python, "run", *POLICY, "--inventory", inventory, "--retries", "0", "--out", tmp_path / "reports"],
        cwd=repository,
        env={**os.environ, "COLUMNS": "40"},
        stdout=subprocess.DEVNULL,
        stderr=inside,
    ) as process:
        process.wait(timeout=60)
    os.close(inside)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)

    lines = shown.split("\r\033[K")
    assert lines[0] == ""
    done = [int(line.partition("/25 servers")[0]) for line in lines[1:-1]]
    assert done[0] == 0
    assert done == sorted(done)
    assert max(map(len, lines)) < 40
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--policy", "exchange-2007-owa-ssl-ofloading"), "did you mean 'exchange-2007-owa-ssl-offloading'?"),
        ((*POLICY, "--format", "junti"), "unknown format 'junti'; did you mean 'junit'?"),
        ((*POLICY, "--input", "htp_port=80"), "unknown input 'htp_port'; did you mean 'http_port'?"),
        ((*POLICY, "--input", "http_port=eighty"), "'eighty', but must be an integer (asked of cas-2007-rtm"),
        ((*POLICY, "--input", "owa_directories=owa"), "asked of cas-2007-rtm, cas-2010"),
        ((*POLICY, "--jobs", "0"), "--jobs 0 makes no sense"),
        ((*POLICY, "--timeout", "-1"), "--timeout -1 makes no sense"),
        ((*POLICY, "--scheme", "https"), "--scheme: for servers of --host only"),
        ((*POLICY, "--host", "cas01:0"), "--host 'cas01:0' is not a host"),
        ((*POLICY, "--out", "/dev/null/reports"), "name another folder with --out"),
        ((), "no policy"),
    ],
)
def test_a_wrong_command_line_ends_with_2_before_anything_is_contacted(
    auditor, fleet, inventory: str, words: tuple[str, ...], said: str
) -> None:
    before = [server.counters.now() for server in fleet.servers]

    ended = auditor("run", "--inventory", inventory, *words)

    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""
    assert [server.counters.now() for server in fleet.servers] == before
    assert not Path("reports").exists()
