"""The examples of a policy (`<policy>.examples.yaml`) -> `Example`s, or every problem in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.bind import convert
from auditor.load.document import read_document
from auditor.load.node import Node, top
from auditor.load.parameters import Surroundings
from auditor.load.paths import policy_beside
from auditor.load.problem import Problem
from auditor.load.readings import read_readings
from auditor.load.structure import check_structure
from auditor.model.example import Example, GivenFacts, GivenScenario, GivenServer, Situation
from auditor.model.finding import Verdict
from auditor.model.policy import Policy
from auditor.model.probe import Probe
from auditor.model.value import Value
from auditor.schema.examples import examples_schema
from auditor.suggest import unknown


def load_examples(path: Path, policy: Policy, probes: Mapping[str, Probe]) -> tuple[Example, ...]:
    """Read the examples of a policy; raises `DocumentError` with all problems."""
    document = read_document(path)
    problems, conditional = check_structure(document, examples_schema(probes))
    node = top(document)
    inputs = {declared.name: declared for declared in policy.inputs}
    around = Surroundings(probes=probes, inputs=inputs, problems=problems)
    examples = tuple(_read(item, policy, around) for item in node.items())
    problems.extend(_duplicates(node))
    document.refuse(problems or conditional)
    return examples


def _read(node: Node, policy: Policy, around: Surroundings) -> Example:
    checks = {check.id for check in policy.checks}
    for part in ("expect", "reason_contains"):
        strangers = (known for name, known in node[part].fields() if name not in checks)
        around.problems.extend(item.key_problem(unknown("check", str(item.steps[-1]), checks)) for item in strangers)
    return Example(
        name=node["name"].text(),
        situations=tuple(_situations(node, ("facts", "server", "servers"), around)),
        inputs=_inputs(node["inputs"], around),
        expect={name: verdict.member(Verdict.ERROR) for name, verdict in node["expect"].fields()},
        reason_contains={name: part.text() for name, part in node["reason_contains"].fields()},
        line=node.line,
    )


def _situations(node: Node, kinds: tuple[str, ...], around: Surroundings) -> Iterator[Situation]:
    if isinstance(node.value, dict) and sum(kind in node for kind in kinds) != 1:
        around.problems.append(
            node.problem(f"exactly one of {', '.join(kinds)} is needed here: what the servers are like")
        )
    elif "servers" in node:
        for server in node["servers"].items():
            yield from _situations(server, ("facts", "server"), around)
    elif "server" in node:
        yield _server(node["server"], around)
    else:
        yield GivenFacts(readings=tuple(read_readings(node["facts"], around)))


def _server(node: Node, around: Surroundings) -> Situation:
    if "scenario" not in node:
        return GivenServer(server=node.value if isinstance(node.value, dict) else {})
    around.problems.extend(_scenario_problems(node))
    scenario = policy_beside(node.document.path, node["scenario"].text())
    return GivenScenario(scenario=scenario, server=node["name"].text())


def _scenario_problems(server: Node) -> Iterator[Problem]:
    known = ("scenario", "name")
    for name, value in server.fields():
        if name not in known:
            yield value.key_problem(unknown("key", name, known))
        elif not value.text():
            yield value.problem(f"{name!r} must be text: a scenario, and the name of a server in it")
    if "name" not in server:
        yield server.problem("'name' is missing; add it: which server of the scenario")


def _inputs(node: Node, around: Surroundings) -> Mapping[str, Value]:
    bound: dict[str, Value] = {}
    for name, item in node.fields():
        value = item.plain()
        if name not in around.inputs:
            around.problems.append(item.key_problem(unknown("input", name, around.inputs)))
        elif value is not None:
            try:
                bound[name] = convert(value, around.inputs[name].type)
            except ValueError as error:
                around.problems.append(item.problem(f"input {name!r} {error}"))
    return bound


def _duplicates(node: Node) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for item in node.items():
        name = item["name"]
        if name.text() in lines:
            yield name.problem(f"an example of this name is also in line {lines[name.text()]}; names are unique")
        elif name.text():
            lines[name.text()] = name.line
