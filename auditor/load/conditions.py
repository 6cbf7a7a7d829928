"""`applies_when` -> conditions on what a probe reads, or on the value of an input."""

from auditor.load.expectations import check_placeholders, read_expectations, read_matchers
from auditor.load.node import Node
from auditor.load.parameters import Surroundings, read_parameters
from auditor.model.policy import Condition, InputCondition, ProbeCondition
from auditor.model.probe import Fact
from auditor.suggest import unknown


def read_conditions(node: Node, around: Surroundings) -> tuple[Condition, ...]:
    """Return the conditions of a list."""
    return tuple(condition for item in node.items() for condition in _read(item, around))


def _read(node: Node, around: Surroundings) -> tuple[Condition, ...]:
    if not isinstance(node.value, dict):
        return ()
    if ("probe" in node) == ("input" in node):
        around.problems.append(node.problem("a condition needs either 'probe' or 'input', and not both"))
        return ()
    return _on_probe(node, around) if "probe" in node else _on_input(node, around)


def _on_probe(node: Node, around: Surroundings) -> tuple[Condition, ...]:
    probe = around.probes.get(node["probe"].text())
    if probe is None:
        return ()
    facts = {fact.name: fact for fact in probe.facts}
    condition = ProbeCondition(
        probe=probe.name,
        parameters=read_parameters(node, probe, around),
        expect=read_expectations(node["expect"], facts, around.problems),
        reason=check_placeholders(node["reason"], facts, around.problems),
    )
    return (condition,)


def _on_input(node: Node, around: Surroundings) -> tuple[Condition, ...]:
    name = node["input"].text()
    if "parameters" in node:
        around.problems.append(
            node["parameters"].key_problem("a condition on an input takes no parameters; remove them")
        )
    declared = around.inputs.get(name)
    if declared is None:
        around.problems.append(node["input"].problem(unknown("input", name, around.inputs)))
        return ()
    fact = Fact(name=name, type=declared.type, description=declared.description)
    found = read_matchers(node["expect"], fact, around.problems)
    reason = check_placeholders(node["reason"], {}, around.problems)
    return tuple(InputCondition(input=name, expect=expectation, reason=reason) for expectation in found)
