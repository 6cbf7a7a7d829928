"""The whole program where servers cannot be reached: it says so everywhere, and ends with exit code 3."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.cli.main import main
from auditor.errors import ExitCode
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, Scenario

PLANTED = "Pl4nted-S3cret!"
NOT_REACHED = {
    "refused": (Reachability.REFUSED, "nothing listens there"),
    "silent": (Reachability.SILENT, "no answer in time"),
    "denied": (Reachability.ACCESS_DENIED, "may log on, but not use WinRM"),
    "mistyped": (Reachability.WRONG_PASSWORD, "refused the account or its password"),
    "page": (Reachability.NOT_WINRM, "not one of a WinRM service"),
}


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Path]:
    """Return the inventory of a fleet with one good server and each kind of unreachable one."""
    good = load_scenario(find_scenario("small")).servers[0]
    bad = [replace(good, name=name, reachability=reachability) for name, (reachability, _) in NOT_REACHED.items()]
    path = tmp_path / "inventory.yaml"
    with Fleet.start(Scenario(name="test", servers=(good, *bad)), password=PLANTED) as fleet:
        fleet.write_inventory(path)
        yield path


def test_unreachable_servers_are_told_in_every_report_and_end_with_exit_code_3(
    inventory: Path, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = repository / "policies" / "exchange-2007-owa-ssl-offloading.yaml"
    words = ["--policy", str(policy), "--inventory", str(inventory), "--timeout", "3", "--retries", "0"]

    code = main(["run", *words, "--format", "junit", "--format", "text", "--out", str(tmp_path / "out")])

    (folder,) = [each for each in (tmp_path / "out").iterdir() if each.is_dir() and not each.is_symlink()]
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    hosts = {host["name"]: host for host in run["hosts"]}
    junit = "".join(ET.parse(folder / "junit.xml").getroot().itertext()) + (folder / "junit.xml").read_text("utf-8")
    printed = capsys.readouterr().out
    assert code == run["exit_code"] == ExitCode.NOT_KNOWN
    assert {name for name, host in hosts.items() if host["status"] == "unreachable"} == set(NOT_REACHED)
    for name, (_, told) in NOT_REACHED.items():
        assert told in hosts[name]["reason"]
        assert name in junit
        assert name in printed
        assert told in junit
    assert not [path for path in folder.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]
    assert PLANTED not in printed
