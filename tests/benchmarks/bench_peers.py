r"""How long the same facts of the same servers take: pytest-testinfra, pywinrm, Ansible and auditor, one by one.

    python tests/benchmarks/bench_peers.py [--quick] [--only PEER ...] [--parallel N] [--powershell-start MS ...]

The servers are simulated, in processes of their own, and take their time (`docs/simulated-fleet.md`, "What things
take"): PowerShell 600 ms to start, auditor's script 200 ms, reg.exe with its cmd.exe 50 ms, a reply 5 ms on its way.
Each peer reads registry values the way its users do: one `reg query` a fact through testinfra's WinRM backend, one
`Session.run_ps` a fact through pywinrm, one `raw` task a fact through Ansible's winrm connection; auditor audits a
policy of so many checks. All log in by NTLM and encrypt. Up to `--parallel` (16) servers are worked on at once: in
testinfra and pywinrm by threads, in Ansible by forks, in auditor by jobs. Measured is the whole process of each, from
its start to its end, and within that from the first to the last byte at the servers. Needs `auditor[bench]`.

Printed, and written to `results/peers.json`: seconds on the clock of the whole process, of the reading in it, and of
its processor; HTTP exchanges, those of them after the login for each server, shells, commands, kilobytes of HTTP, the
most memory, and the processor seconds that the fleet needed meanwhile; then how many times as much each peer needs as
auditor, and how auditor's time grows.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import Measured, Row, measured, say, table, write_results
from subject import add_costs, costs_of

from auditor.lab.costs import Costs
from auditor.lab.login import write_private
from auditor.lab.processes import FleetProcesses, Usage
from auditor.lab.running import Place, write_inventory
from auditor.lab.scenario import described_server
from auditor.lab.state import Scenario

CLIENTS = Path(__file__).with_name("peer_clients.py")
KEY = r"SOFTWARE\Example\Settings"
SIZES = ((1, 3), (1, 30), (1, 300), (50, 30))
QUICK = ((1, 3), (1, 10), (4, 3))
POLICY = """id: bench
version: "1"
title: Settings are as agreed
source: {document: Agreement on settings}
checks:
"""
CHECK = r"""  - id: {lower}
    title: {name} is as agreed
    severity: high
    probe: registry_value
    parameters: {{key: 'HKLM\{key}', name: {name}}}
    expect: {{present: {{equals: true}}, type: {{equals: REG_DWORD}}, value: {{equals: {value}}}}}
    rationale: It was agreed.
    remediation: Set it.
    reference: Page 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """What a peer is to do, and a folder of its own to write in."""

    servers: Sequence[Place]
    facts: Mapping[str, int]
    password: str
    parallel: int
    folder: Path


def main() -> None:
    """Start the fleet, let every peer do every size, print and write the figures."""
    options = _options()
    sizes = QUICK if options.quick else SIZES
    scenario = _scenario(max(facts for _, facts in sizes), costs_of(options))
    rows: list[Row] = []
    with (
        TemporaryDirectory(prefix="bench-peers-") as folder,
        FleetProcesses.start(scenario, max(servers for servers, _ in sizes)) as fleet,
    ):
        for number, (servers, facts, peer) in enumerate((*size, peer) for size in sizes for peer in options.only):
            inside = Path(folder) / str(number)
            inside.mkdir()
            task = Task(
                servers=fleet.servers[:servers],
                facts=_facts(facts),
                password=fleet.password,
                parallel=options.parallel,
                folder=inside,
            )
            rows.append(_row(peer, task, fleet))
            say(table(rows[-1:]) + "\n")
    _finish(rows, vars(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few servers and facts")
    parser.add_argument("--only", action="append", choices=PEERS, help="only this one; may be given again")
    parser.add_argument("--parallel", type=int, default=16, metavar="N", help="servers at once")
    add_costs(parser)
    options = parser.parse_args()
    options.only = options.only or list(PEERS)
    return options


def _row(peer: str, task: Task, fleet: FleetProcesses) -> Row:
    """Let a peer do its task, and say what it needed."""
    before = fleet.usage()
    took = PEERS[peer](task)
    used = fleet.usage() - before
    _check(peer, task, used)
    return {
        "peer": peer,
        "servers": len(task.servers),
        "facts": len(task.facts),
        "wall s": took.wall,
        "reading s": used.window.seconds,
        "cpu s": took.cpu,
        "exchanges": used.counts.exchanges,
        "after login, each": used.counts.messages / len(task.servers),
        "shells": used.counts.shells_opened,
        "commands": used.counts.commands,
        "KB": (used.counts.bytes_received + used.counts.bytes_sent) // 1024,
        "MB of memory": took.memory // 2**20,
        "fleet's cpu s": used.cpu,
    }


def _check(peer: str, task: Task, used: Usage) -> None:
    """Refuse figures of a run in which something else happened than was meant to."""
    counts, facts = used.counts, len(task.facts)
    least = len(task.servers) * (1 if peer == "auditor" else facts)
    if counts.commands < least or counts.shells_open or counts.faults:
        raise SystemExit(f"{peer}: that is no run to measure: {counts}")


def testinfra(task: Task) -> Measured:
    """One `reg query` a fact through testinfra's WinRM backend."""
    return _client("testinfra", task)


def pywinrm(task: Task) -> Measured:
    """One `Session.run_ps` a fact."""
    return _client("pywinrm", task)


def _client(name: str, task: Task) -> Measured:
    servers = [
        {"address": server.address, "port": server.port, "username": server.username, "password": task.password}
        for server in task.servers
    ]
    path = task.folder / "task.json"
    write_private(path, json.dumps({"servers": servers, "key": KEY, "facts": task.facts, "parallel": task.parallel}))
    return measured([sys.executable, str(CLIENTS), name, str(path)], task.folder)


def ansible(task: Task) -> Measured:
    """One `raw` task a fact, facts about the host not gathered; a value that is not there fails its task."""
    hosts = {
        server.name: {"ansible_host": server.address, "ansible_port": server.port, "ansible_user": server.username}
        for server in task.servers
    }
    common = {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "ntlm",
        "ansible_password": task.password,
    }
    write_private(task.folder / "hosts.json", json.dumps({"all": {"hosts": hosts, "vars": common}}))
    tasks = [{"raw": f'reg query "HKLM\\{KEY}" /v {name}', "changed_when": False} for name in task.facts]
    (task.folder / "play.json").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    surroundings = {"LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCAL_TEMP": str(task.folder / "local")}
    words = ["playbook", "--inventory", "hosts.json", "--forks", str(task.parallel), "play.json"]
    return measured([sys.executable, "-m", "ansible", *words], task.folder, surroundings)


def auditor(task: Task) -> Measured:
    """One policy with a check a fact; a value that is not as expected fails the audit."""
    write_inventory(task.folder / "inventory.yaml", task.servers, task.password)
    checks = (CHECK.format(lower=name.lower(), name=name, key=KEY, value=value) for name, value in task.facts.items())
    (task.folder / "bench.yaml").write_text(POLICY + "".join(checks), encoding="utf-8")
    words = ["run", "--policy", "bench.yaml", "--inventory", "inventory.yaml", "--jobs", str(task.parallel)]
    return measured([sys.executable, "-m", "auditor", *words], task.folder)


PEERS: Mapping[str, Callable[[Task], Measured]] = {
    "testinfra": testinfra,
    "pywinrm": pywinrm,
    "ansible": ansible,
    "auditor": auditor,
}


def _facts(count: int) -> dict[str, int]:
    return {f"Value{number:03}": number for number in range(1, count + 1)}


def _scenario(facts: int, costs: Costs) -> Scenario:
    values = {name: {"type": "REG_DWORD", "data": value} for name, value in _facts(facts).items()}
    described = described_server("server", {"os": "windows-2016", "registry": {f"HKLM\\{KEY}": {"values": values}}})
    return Scenario(name="bench", servers=(replace(described, costs=costs),))


def _finish(rows: Sequence[Row], options: Mapping[str, object]) -> None:
    ratios = list(_ratios(rows))
    say(table(rows))
    if ratios:
        say(f"\ntimes as long as auditor, and as much of the client's processor\n{table(ratios)}")
    ours = [float(row["reading s"]) for row in rows if row["peer"] == "auditor" and row["servers"] == 1]
    if ours:
        say(f"\nauditor's reading of one server grows by {ours[-1] / ours[0]:.2f} from the fewest facts to the most")
    path = write_results("peers", options, {"measured": rows, "times as long": ratios})
    say(f"\nwritten to {path}")


def _ratios(rows: Sequence[Row]) -> Iterator[Row]:
    ours = {(row["servers"], row["facts"]): row for row in rows if row["peer"] == "auditor"}
    for row in rows:
        size = (row["servers"], row["facts"])
        if row["peer"] != "auditor" and size in ours:
            times = {
                name: float(row[f"{name} s"]) / float(ours[size][f"{name} s"]) for name in ("reading", "wall", "cpu")
            }
            yield {"peer": row["peer"], "servers": size[0], "facts": size[1], **times}


if __name__ == "__main__":
    main()
