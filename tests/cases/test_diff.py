"""Nights of a simulated fleet through the whole program, and what `auditor diff` makes of them."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from auditor.cli.main import main
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import load_scenario
from auditor.runs import find_run, read_run

POLICY = "exchange-2007-owa-ssl-offloading"
KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"
OFFLOADED: Mapping[str, Any] = {}
SWITCHED_OFF = {"registry": {KEY: {"values": {"SSLOffloaded": {"type": "REG_DWORD", "data": 0}}}}}
SSL_REQUIRED = {"iis": {"sites": {"Default Web Site": {"ssl": "Ssl, Ssl128"}}}}
SILENT = {"reachability": "refused"}
# each fleet listens at ports of its own, which are inputs of the checks from outside
BY_INPUT = {"cas01": "new_deviation", "cas02": "value_changed"}
FROM_INSIDE = ("--input", "look_from_outside=false", "--input", "http_port=80")


class Nights:
    """Audits one night after the other into one reports folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "reports"

    def audit(self, servers: Mapping[str, Mapping[str, Any]], policy: str = POLICY, *words: str) -> str:
        """Audit simulated servers over the network and return the run's id."""
        scenario = self.folder / "scenario.yaml"
        scenario.write_text(json.dumps({"servers": servers}), encoding="utf-8")
        inventory = self.folder / "inventory.yaml"
        with Fleet.start(load_scenario(scenario)) as fleet:
            fleet.write_inventory(inventory)
            given = ["--policy", policy, "--inventory", str(inventory), "--out", str(self.out), "--retries", "0"]
            main(["run", *given, *FROM_INSIDE, *words])
        return find_run("last", self.out).name

    def command(self, *words: str) -> int:
        return main([*words, "--out", str(self.out)])


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def changed(capsys: pytest.CaptureFixture[str], nights: Nights, before: str, after: str) -> dict[str, Any]:
    """Return what `auditor diff --format json` prints."""
    capsys.readouterr()
    nights.command("diff", before, after, "--format", "json")
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert main(["schema", "diff"]) == 0
    Draft202012Validator(json.loads(capsys.readouterr().out)).validate(document)
    return document


def test_the_schema_of_a_comparison_refuses_what_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    main(["schema", "diff"])

    schema = json.loads(capsys.readouterr().out)

    whole: dict[str, Any] = {name: [] for name in schema["required"]}
    run = {"id": "a", "started": "", "version": ""}
    right = whole | {"schema": "auditor-diff/1", "before": run, "after": run}
    wrong = (whole, right | {"schema": "auditor-diff/2"}, right | {"more": 1}, right | {"changes": [{"kind": "odd"}]})
    assert Draft202012Validator(schema).is_valid(right)
    assert [each for each in wrong if Draft202012Validator(schema).is_valid(each)] == []


def told(document: dict[str, Any]) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {
        (each["host"], each["check"], each["kind"], tuple(each["causes"]))
        for each in document["changes"]
        if each["kind"] != "still_deviating"
    }


def test_each_night_tells_what_changed_and_whose_change_it_is(
    nights: Nights, capsys: pytest.CaptureFixture[str], repository: Path, tmp_path: Path
) -> None:
    first = {"cas01": OFFLOADED, "cas02": SSL_REQUIRED}
    edited = tmp_path / "edited.yaml"
    text = (repository / "policies" / f"{POLICY}.yaml").read_text(encoding="utf-8")
    edited.write_text(text.replace("value: {equals: 1}", "value: {equals: 2}"), encoding="utf-8")

    nights.audit(first)
    nights.audit({"cas01": SWITCHED_OFF, "cas02": OFFLOADED})
    nights.audit({"cas01": OFFLOADED, "cas02": SILENT})
    nights.audit(first, str(edited))
    nights.audit(first, str(edited), "--input", "owa_directories=/exchange")

    by_server = changed(capsys, nights, "last~4", "last~3")
    assert ("cas01", "ssloffloaded-set", "new_deviation", ("server",)) in told(by_server)
    assert ("cas01", "ssloffloaded-in-effect", "applicability_changed", ("server",)) in told(by_server)
    assert ("cas02", "site-ssl-not-required", "resolved", ("server",)) in told(by_server)
    assert {causes for *_, causes in told(by_server)} == {("server",)}
    assert "cas01 ssloffloaded-set" in by_server["worse"]

    by_reachability = changed(capsys, nights, "last~4", "last~2")
    assert {(host, causes) for host, _, _, causes in told(by_reachability)} == {
        ("cas02", ("reachability",)),
        ("*", ("reachability",)),
    }

    by_policy = changed(capsys, nights, "last~4", "last~1")
    assert told(by_policy) == {(host, "ssloffloaded-set", "new_deviation", ("policy",)) for host in first}
    assert any("value is 2" in note for note in by_policy["notes"])

    by_input = changed(capsys, nights, "last~1", "last")
    assert {(host, "owa-ssl-not-required", kind, ("input",)) for host, kind in BY_INPUT.items()} <= told(by_input)
    assert {causes for *_, causes in told(by_input)} == {("input",)}
    assert all("owa_directories from " in each["text"] for each in by_input["changes"] if each["causes"])


def test_the_text_groups_by_server_and_says_why_it_ends_as_it_does(
    nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = nights.audit({"cas01": OFFLOADED, "cas02": SSL_REQUIRED})
    nights.command("baseline", "set", "approved", "last")
    nights.audit({"cas01": SWITCHED_OFF, "cas02": SSL_REQUIRED})
    capsys.readouterr()

    code = nights.command("diff", "baseline:approved", "last")

    printed = capsys.readouterr().out
    assert code == 1
    assert printed.startswith(f"from run {approved}, ")
    assert (
        printed.index("\ncas01\n")
        < printed.index("  - ssloffloaded-set: deviates now: fail ")
        < printed.index("\ncas02\n")
    )
    assert "  - still deviating: activesync-not-offloaded (since " in printed
    assert "cas01 ssloffloaded-set" in printed.partition("exit code 1: changed for the worse: ")[2]


def test_nothing_for_the_worse_ends_with_0_and_a_value_that_still_passes_is_told(
    nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    nights.audit({"cas01": OFFLOADED})
    nights.command("baseline", "set", "approved", "last")
    nights.audit({"cas01": {"iis": {"sites": {"Default Web Site": {"directories": {"/exchange": {}}}}}}})
    capsys.readouterr()

    code = nights.command("diff", "baseline:approved", "last")

    printed = capsys.readouterr().out
    assert code == 0
    assert "  - owa-ssl-not-required: pass as before, but another value: " in printed
    assert printed.endswith("exit code 0: nothing changed for the worse\n")


def test_baselines_are_set_listed_and_removed(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    run = nights.audit({"cas01": OFFLOADED})
    nights.command("baseline", "set", "approved", run)
    nights.command("baseline", "list")
    listed = capsys.readouterr().out

    nights.command("baseline", "remove", "approved")

    assert f"approved                 run {run}, set " in listed
    assert nights.command("diff", "baseline:approved", "last") == 2
    assert "no baseline 'approved'" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_a_wrong_command_line(nights: Nights, capsys: pytest.CaptureFixture[str]) -> None:
    nights.audit({"cas01": OFFLOADED})

    assert nights.command("diff", "last~1", "last") == 2
    assert "the farthest back is last~0" in capsys.readouterr().err


def test_a_run_tells_the_same_drift_as_a_comparison_afterwards(
    nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    nights.audit({"cas01": OFFLOADED, "cas02": SSL_REQUIRED})
    nights.audit({"cas01": SWITCHED_OFF, "cas02": SILENT}, POLICY, "--against", "last")

    told_by_the_run = read_run(find_run("last", nights.out)).drift
    told_afterwards = changed(capsys, nights, "last~1", "last")

    assert told_by_the_run is not None
    assert [each.text for each in told_by_the_run.changes] == [each["text"] for each in told_afterwards["changes"]]
    assert {cause for each in told_by_the_run.changes for cause in each.causes} == {"server", "reachability"}


def test_the_page_about_drift_shows_what_is_printed(
    nights: Nights, capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    page = (repository / "docs" / "drift.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    nights.audit({"cas01": OFFLOADED, "cas02": SSL_REQUIRED, "cas03": OFFLOADED})
    nights.audit({"cas01": SWITCHED_OFF, "cas02": OFFLOADED, "cas03": SILENT})
    capsys.readouterr()

    nights.command("diff", "last~1", "last")

    printed = _without_what_varies(capsys.readouterr().out)
    assert shown
    for part in shown[0].split("...\n"):
        assert _without_what_varies(part) in printed


def _without_what_varies(text: str) -> str:
    """Return the text without run ids, times, ports, and where its lines are broken."""
    for pattern in (r"\d{8}T\d{6}Z-[0-9a-f]{4}", r"\d{4}-\d\d-\d\dT[0-9:]{8}Z", r"127\.0\.0\.1:\d+"):
        text = re.sub(pattern, "#", text)
    return " ".join(text.split())
