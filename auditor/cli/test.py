"""`auditor test [PATH...]`: judge the examples beside policies; every check must be seen to pass and to deviate."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from auditor.bind import bind_inputs
from auditor.cli.arguments import policies_named
from auditor.errors import ExitCode, UsageError
from auditor.evaluate import Bench, Ready, judge, ready
from auditor.examples import mistakes, never_seen, told
from auditor.fleet import judge_fleet, opinions
from auditor.lab.scenario import described_server, find_scenario, load_scenario
from auditor.lab.situation import evidence_of
from auditor.lab.state import ServerState
from auditor.load.examples import load_examples
from auditor.load.shipped import EXAMPLES, examples_of, shipped_policies
from auditor.model.evidence import Evidence, Status
from auditor.model.example import Example, GivenFacts, GivenScenario, GivenServer, Situation
from auditor.model.finding import Finding
from auditor.model.policy import Policy
from auditor.plan import questions_of
from auditor.probes import PROBES
from auditor.suggest import unknown


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="policies, or folders of them (default: those shipped)"
    )


def execute(options: argparse.Namespace) -> ExitCode:
    """Judge all examples, print each mistake, and say how many there were."""
    found = 0
    for path in policy_files(options.paths):
        policy = policies_named([str(path)])[0]
        examples = load_examples(examples_of(path), policy, PROBES)
        wrong = [*(line for example in examples for line in _wrong(policy, example)), *never_seen(policy, examples)]
        for line in wrong:
            print(f"{path}: {line}")
        outcome = f"{len(wrong)} wrong" if wrong else "ok"
        print(f"{policy.id}: {len(policy.checks)} checks, {len(examples)} examples: {outcome}")
        found += len(wrong)
    return ExitCode.FINDINGS if found else ExitCode.COMPLIANT


def policy_files(paths: list[str]) -> list[Path]:
    """Return the policy files among the paths; a folder stands for all policies in it."""
    if not paths:
        return list(shipped_policies().values())
    files = [file for path in paths for file in _files(Path(path))]
    if not files:
        raise UsageError(f"no policy in {', '.join(paths)}: name a policy file, or a folder that holds some")
    return files


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.glob("*.yaml")) if examples_of(file).is_file())
    elif not path.name.endswith(EXAMPLES):
        yield path


def _wrong(policy: Policy, example: Example) -> Iterator[str]:
    servers = [_server(policy, example, number, each) for number, each in enumerate(example.situations, start=1)]
    findings: list[Finding] = list(judge(*servers[0]))
    given = [opinion for server in servers for opinion in opinions(*server)]
    yield from mistakes(example, [*findings, *judge_fleet(servers[0][0], given)])


def _server(policy: Policy, example: Example, number: int, situation: Situation) -> tuple[Ready, Bench]:
    """Return what judging one server of the example needs."""
    inputs = bind_inputs(policy, example.inputs)
    name = f"server-{number}"
    if isinstance(situation, GivenFacts):
        evidence = Evidence(server=name, status=Status.REACHED, collected="", collector="", transport="example")
        return ready(policy, told(PROBES, situation)), Bench(evidence=evidence, inputs=inputs)
    state = replace(_state(situation), name=name)
    evidence = evidence_of(state, questions_of(policy, inputs, PROBES), (policy.id,), example.inputs)
    return ready(policy, PROBES), Bench(evidence=evidence, inputs=inputs)


def _state(situation: GivenServer | GivenScenario) -> ServerState:
    if isinstance(situation, GivenServer):
        return described_server("server", situation.server)
    servers = {state.name: state for state in load_scenario(find_scenario(situation.scenario)).servers}
    if situation.server not in servers:
        raise UsageError(f"scenario {situation.scenario}: {unknown('server', situation.server, servers)}")
    return servers[situation.server]
