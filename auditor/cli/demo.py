"""`auditor demo`: the main job, whole, on simulated servers: audited over the network, reports written."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.cli import run
from auditor.errors import ExitCode
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario

POLICY = "exchange-2007-owa-ssl-offloading"
SCENARIO = "exchange-2007"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--out", default="reports", metavar="DIR", help="where reports go (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Audit the shipped scenario's servers with NTLM; exits 0 whatever the audit itself found."""
    scenario = load_scenario(find_scenario(SCENARIO))
    with TemporaryDirectory(prefix="auditor-demo-") as folder, Fleet.start(scenario) as fleet:
        inventory = Path(folder) / "inventory.yaml"
        fleet.write_inventory(inventory)
        print(f"started {len(fleet.servers)} simulated servers; auditing them over WinRM with NTLM", flush=True)
        code = run.execute(_run_options(options.out, inventory))
    print(f"`auditor run` would have ended with exit code {code.value}; the demo itself ends with 0")
    return ExitCode.COMPLIANT


def _run_options(out: str, inventory: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    run.arguments(parser)
    return parser.parse_args(["--policy", POLICY, "--inventory", str(inventory), "--out", out])
