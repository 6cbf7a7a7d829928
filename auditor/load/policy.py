"""A policy file -> `Policy`, or every problem in it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from auditor.load.conditions import read_conditions
from auditor.load.document import read_document
from auditor.load.expectations import check_placeholders, read_expectations
from auditor.load.node import Node, top
from auditor.load.parameters import Surroundings, read_parameters
from auditor.load.problem import Problem
from auditor.load.structure import check_structure
from auditor.model.policy import Check, Input, Level, Policy, Scope, Severity, Source, Tolerance
from auditor.model.probe import Fact, Probe
from auditor.model.value import ValueType, type_of
from auditor.operands import article
from auditor.schema.policy import policy_schema
from auditor.suggest import unknown


def load_policy(path: Path, probes: Mapping[str, Probe]) -> Policy:
    """Read a policy; raises `DocumentError` with all problems: syntax, then shape and meaning together."""
    document = read_document(path)
    problems, conditional = check_structure(document, policy_schema(probes))
    policy = _read(top(document), probes, problems)
    document.refuse(problems or conditional)
    digest = "sha256:" + sha256(document.data).hexdigest()
    return replace(policy, digest=digest, path=str(path), text=document.text)


def _read(node: Node, probes: Mapping[str, Probe], problems: list[Problem]) -> Policy:
    inputs = {name: _input(name, item, problems) for name, item in node["inputs"].fields()}
    around = Surroundings(probes=probes, inputs=inputs, problems=problems)
    problems.extend(_duplicates(node["checks"]))
    return Policy(
        id=node["id"].text(),
        version=node["version"].text(),
        title=node["title"].text(),
        source=_source(node["source"]),
        inputs=tuple(inputs.values()),
        applies_when=read_conditions(node["applies_when"], around),
        checks=tuple(_check(item, around) for item in node["checks"].items()),
    )


def _source(node: Node) -> Source:
    return Source(document=node["document"].text(), date=node["date"].text(), link=node["link"].text())


def _input(name: str, node: Node, problems: list[Problem]) -> Input:
    kind = node["type"].member(ValueType.STRING)
    default = node["default"].plain()
    is_known = node["type"].value == kind.value and default is not None
    if is_known and default is not None and type_of(default) is not kind:
        problems.append(node["default"].problem(f"the default must be {article(kind)}, as the type says"))
    return Input(name=name, type=kind, default=default, description=node["description"].text())


def _duplicates(checks: Node) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for check in checks.items():
        node = check["id"]
        if node.text() in lines:
            yield node.problem(f"the id {node.text()!r} is also in line {lines[node.text()]}; ids are unique")
        elif node.text():
            lines[node.text()] = node.line


def _check(node: Node, around: Surroundings) -> Check:
    probe = around.probes.get(node["probe"].text())
    facts = {fact.name: fact for fact in probe.facts} if probe else {}
    check = Check(
        id=node["id"].text(),
        title=node["title"].text(),
        severity=node["severity"].member(Severity.INFO),
        level=node["level"].member(Level.FAIL),
        scope=node["scope"].member(Scope.SERVER),
        probe=node["probe"].text(),
        parameters=read_parameters(node, probe, around) if probe else {},
        applies_when=read_conditions(node["applies_when"], around),
        expect=read_expectations(node["expect"], facts, around.problems) if probe else (),
        warn_when=_tolerance(node["warn_when"], facts, around) if probe and "warn_when" in node else None,
        agree_on=_agreement(node["agree_on"], facts, around) if probe else (),
        rationale=node["rationale"].text(),
        remediation=node["remediation"].text(),
        reference=node["reference"].text(),
        mappings={name: ids.texts() for name, ids in node["mappings"].fields()},
        line=node.line,
    )
    around.problems.extend(_scope_problems(node, check.scope))
    return check


def _tolerance(node: Node, facts: Mapping[str, Fact], around: Surroundings) -> Tolerance:
    return Tolerance(
        expect=read_expectations(node["expect"], facts, around.problems),
        reason=check_placeholders(node["reason"], facts, around.problems),
    )


def _agreement(node: Node, facts: Mapping[str, Fact], around: Surroundings) -> tuple[str, ...]:
    for item in node.items():
        if item.text() and item.text() not in facts:
            around.problems.append(item.problem(unknown("fact", item.text(), facts)))
    return node.texts()


def _scope_problems(node: Node, scope: Scope) -> Iterator[Problem]:
    if not isinstance(node.value, dict):
        return
    needed, other = ("agree_on", ("expect", "warn_when")) if scope is Scope.FLEET else ("expect", ("agree_on",))
    if needed not in node:
        meaning = "the facts that all servers must agree on" if scope is Scope.FLEET else "what the facts must be"
        yield node.problem(f"{needed!r} is missing; a check of scope {scope.value} needs it: {meaning}")
    for name in other:
        if name in node:
            yield node[name].key_problem(f"{name!r} is not for a check of scope {scope.value}; remove it")
