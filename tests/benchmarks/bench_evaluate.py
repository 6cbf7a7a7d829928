"""How many checks are judged in a second, on one core, when stored evidence is judged again.

    python tests/benchmarks/bench_evaluate.py [--quick | SERVERS [CHECKS]]

It keeps the evidence of 1,000 servers in memory, read as from a run folder, and judges it by a policy of 100 checks:
once where the servers say the same but for one check in a hundred, and once where every answer is another. It prints
the checks judged in a second of the processor, and how long the whole fleet takes. Reading is not part of it.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import say
from subject import evidence_of, load_bench

from auditor import evidence_store
from auditor.evaluate import Bench, judge, ready
from auditor.model.evidence import Evidence
from auditor.model.policy import Policy
from auditor.probes import PROBES

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
        policy = load_bench(Path(folder), checks)
    say(f"{servers} servers x {checks} checks")
    for name, value in FLEETS:
        made = (evidence_of(server, checks, value) for server in range(servers))
        fleet = [evidence_store.read(evidence_store.write(each)) for each in made]
        gc.collect()
        seconds = min(_judged(policy, fleet) for _ in range(REPEATS))
        say(f"{name:<26} {servers * checks / seconds:9,.0f} checks/s, the fleet in {seconds:.2f} s")


def _judged(policy: Policy, fleet: Iterable[Evidence]) -> float:
    """Return the seconds of the processor it takes, making the policy ready among them."""
    started = time.process_time()
    judge_by = ready(policy, PROBES)
    for evidence in fleet:
        for _ in judge(judge_by, Bench(evidence=evidence, inputs={})):
            pass
    return time.process_time() - started


if __name__ == "__main__":
    main()
