"""`auditor demo`: the main job, whole, on simulated servers: audited over the network, reports written."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.audit import Clock
from auditor.cli import run
from auditor.cli.wishes import wishes_of
from auditor.errors import ExitCode, UsageError
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Scenario

POLICY = "exchange-2007-owa-ssl-offloading"
SCENARIO = "exchange-2007"
NIGHTS = 3
# The servers of a story keep their ports from night to night, or each night would be of other servers.
_FIRST_PORTS = range(21_000, 30_000, 500)
_WAIVERS = """\
waivers:
  - id: activesync-cas03
    policy: exchange-2007-owa-ssl-offloading
    checks: ["activesync-*"]
    hosts: [cas03]
    owner: Jane Doe
    reason: Devices move to another server this week.
    ticket: CHG-4711
    expires: "{soon:%Y-%m-%d}"
  - id: activesync-cas02
    policy: exchange-2007-owa-ssl-offloading
    checks: [activesync-not-offloaded]
    hosts: [cas02]
    owner: Joe Public
    reason: The accelerator passes ActiveSync on over SSL; looked at by hand.
    ticket: CHG-4690
    expires: "{later:%Y-%m-%d}"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--out", default="reports", metavar="DIR", help="where reports go (default: reports)")
    parser.add_argument("--nights", type=int, metavar="N", help=f"audit on 1 to {NIGHTS} nights, and show what drifts")


def execute(options: argparse.Namespace) -> ExitCode:
    """Audit simulated servers with NTLM; exits 0 whatever the audit itself found."""
    if options.nights is not None:
        return _nights(options.nights, Path(options.out))
    with TemporaryDirectory(prefix="auditor-demo-") as folder, Fleet.start(_scenario(SCENARIO)) as fleet:
        inventory = Path(folder) / "inventory.yaml"
        fleet.write_inventory(inventory)
        print(f"started {len(fleet.servers)} simulated servers; auditing them over WinRM with NTLM", flush=True)
        code = _audit(["--inventory", str(inventory), "--out", options.out], lambda: datetime.now(UTC))
    print(f"`auditor run` would have ended with exit code {code}; the demo itself ends with 0")
    return ExitCode.COMPLIANT


def _nights(nights: int, out: Path) -> ExitCode:
    """Tell the story of a small fleet, each night a day later than the one before."""
    if not 1 <= nights <= NIGHTS:
        raise UsageError(f"--nights {nights}: the story has {NIGHTS} nights; name a number from 1 to {NIGHTS}")
    began = datetime.now(UTC)
    with TemporaryDirectory(prefix="auditor-demo-") as folder:
        waivers = Path(folder) / "waivers.yaml"
        lasting = {"soon": began + timedelta(days=1), "later": began + timedelta(days=60)}
        waivers.write_text(_WAIVERS.format(**lasting), encoding="utf-8")
        for night in range(1, nights + 1):
            scenario = _scenario(f"night-{night}")
            print(f"\n=== night {night} of {nights}: {scenario.description}\n", flush=True)
            _night(night, scenario, waivers, out, began)
    print(f"\neach night is a run in {out}; `auditor history --out {out}` tells since when things are as they are")
    return ExitCode.COMPLIANT


def _night(night: int, scenario: Scenario, waivers: Path, out: Path, began: datetime) -> None:
    later = timedelta(days=night - 1)
    with _on_the_same_ports(scenario) as fleet:
        inventory = waivers.with_name("inventory.yaml")
        fleet.write_inventory(inventory)
        words = ["--inventory", str(inventory), "--out", str(out), "--waivers", str(waivers), "--waiver-warning", "1d"]
        against = ["--against", "last"] if night > 1 else []
        code = _audit([*words, *against], lambda: max(datetime.now(UTC), began) + later)
    print(f"`auditor run` would have ended with exit code {code}")


@contextmanager
def _on_the_same_ports(scenario: Scenario) -> Iterator[Fleet]:
    for first in _FIRST_PORTS:
        with suppress(OSError):
            fleet = Fleet.start(scenario, first_port=first)
            break
    else:
        raise UsageError("no free ports for the simulated servers; end what listens on 127.0.0.1")
    with fleet:
        yield fleet


def _scenario(name: str) -> Scenario:
    return load_scenario(find_scenario(name))


def _audit(words: list[str], clock: Clock) -> int:
    parser = argparse.ArgumentParser()
    run.arguments(parser)
    # a simulated server that is down stays down
    given = ["--policy", POLICY, "--retries", "0", *words]
    return run.perform(wishes_of(parser.parse_args(given)), clock).exit_code
