"""How many checks are judged in a second, on one core, when stored evidence is judged again.

    python tests/benchmarks/bench_evaluate.py [--quick | SERVERS [CHECKS]]

It keeps the evidence of 1,000 servers in memory, read as from a run folder, and judges it by a policy of 100 checks:
once where the servers say the same but for one check in a hundred, and once where every answer is another. It prints
the checks judged in a second of the processor, and how long the whole fleet takes. Reading is not part of it.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor import evidence_store
from auditor.evaluate import Bench, judge, ready
from auditor.load.policy import load_policy
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.policy import Policy
from auditor.probes import PROBES
from auditor.readers.registry_value import registry_value

KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
HEAD = 'id: bench\nversion: "1"\ntitle: Bench\nsource: {document: Nothing}\nchecks:'
CHECK = r"""
  - id: value-{number:03}
    title: Value {number} is set
    severity: high
    probe: registry_value
    parameters: {{key: 'HKLM\{key}', name: Value{number:03}}}
    expect: {{present: {{equals: true}}, type: {{equals: REG_DWORD}}, value: {{equals: 1}}}}
    rationale: None.
    remediation: Set it.
    reference: Step 1
"""
FLEETS: tuple[tuple[str, Callable[[int], int]], ...] = (
    ("1 answer in 100 is another", lambda number: int(number % 101 != 0)),
    ("every answer is another", lambda number: number),
)
"""What the servers say: the value found, by the number of server and check."""
REPEATS = 3


def main() -> None:
    """Make the evidence, judge it several times over, print the figures of the quickest."""
    words = ["20", "10"] if sys.argv[1:] == ["--quick"] else sys.argv[1:]
    servers, checks = (int(word) for word in [*words, "1000", "100"][:2])
    with TemporaryDirectory(prefix="bench-evaluate-") as folder:
        policy = _policy(Path(folder) / "policy.yaml", checks)
    _say(f"{servers} servers x {checks} checks")
    for name, value in FLEETS:
        fleet = [evidence_store.read(evidence_store.write(each)) for each in _evidence(servers, checks, value)]
        gc.collect()
        seconds = min(_judged(policy, fleet) for _ in range(REPEATS))
        _say(f"{name:<26} {servers * checks / seconds:9,.0f} checks/s, the fleet in {seconds:.2f} s")


def _judged(policy: Policy, fleet: Iterable[Evidence]) -> float:
    """Return the seconds of the processor it takes, making the policy ready among them."""
    started = time.process_time()
    judge_by = ready(policy, PROBES)
    for evidence in fleet:
        for _ in judge(judge_by, Bench(evidence=evidence, inputs={})):
            pass
    return time.process_time() - started


def _policy(file: Path, checks: int) -> Policy:
    file.write_text(HEAD + "".join(CHECK.format(number=number, key=KEY) for number in range(checks)), encoding="utf-8")
    return load_policy(file, PROBES)


def _evidence(servers: int, checks: int, value: Callable[[int], int]) -> Iterator[Evidence]:
    for server in range(servers):
        numbers = range(server * checks, (server + 1) * checks)
        yield Evidence(
            server=f"cas{server:04}.corp.example",
            policies=("bench",),
            status=Status.REACHED,
            collected="2026-11-24T02:00:00Z",
            collector="bench",
            transport="bench",
            answers={
                registry_value(hive="HKLM", key=KEY, name=f"Value{number % checks:03}", view="64"): Observed(
                    data={"type": "REG_DWORD", "data": value(number)}
                )
                for number in numbers
            },
        )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
