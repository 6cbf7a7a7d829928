"""Parameters of a probe in a policy -> a template; wrong names, types and references are problems."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.bind import bind_parameters
from auditor.errors import ParameterError
from auditor.load.node import Node
from auditor.load.problem import Problem
from auditor.model.policy import Input, InputReference, Template
from auditor.model.probe import Parameter, Probe
from auditor.model.value import Value, ValueType, type_of
from auditor.operands import article
from auditor.schema.parts import REFERENCE
from auditor.suggest import unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a part of a policy can refer to, and where its problems go."""

    probes: Mapping[str, Probe]
    inputs: Mapping[str, Input]
    problems: list[Problem]


def read_parameters(look: Node, probe: Probe, around: Surroundings) -> Template:
    """Return the parameters of a look at a probe (a check or a condition)."""
    known = {parameter.name: parameter for parameter in probe.parameters}
    strangers = [(name, node) for name, node in look["parameters"].fields() if name not in known]
    around.problems.extend(
        node.key_problem(unknown(f"parameter of {probe.name}", name, known)) for name, node in strangers
    )
    before = len(around.problems)
    template: dict[str, Value | InputReference] = {}
    for name, node in look["parameters"].fields():
        if name in known and (value := _read(node, known[name], around)) is not None:
            template[name] = value
    for parameter in probe.parameters:
        if parameter.default is None and parameter.name not in look["parameters"]:
            text = f"parameter {parameter.name!r} is missing; {probe.name} needs it: {parameter.description}"
            around.problems.append((look["parameters"] if "parameters" in look else look["probe"]).problem(text))
    if len(around.problems) == before:
        _try(look, probe, template, around)
    return template


def _read(node: Node, parameter: Parameter, around: Surroundings) -> Value | InputReference | None:
    value = node.plain()
    if isinstance(value, str) and "${" in value:
        return _reference(node, value, parameter, around)
    if isinstance(value, tuple) and any("${" in item for item in value):
        around.problems.append(node.problem("an input cannot stand inside a list; take the whole list from an input"))
    elif value is None or not _fits(parameter.type, type_of(value)):
        around.problems.append(
            node.problem(f"{parameter.name!r} must be {article(parameter.type)}{_quote(node, parameter)}")
        )
    return value


def _quote(node: Node, parameter: Parameter) -> str:
    unquoted = parameter.type is ValueType.STRING and isinstance(node.value, int)
    return f'; quote it: "{str(node.value).lower()}"' if unquoted else ""


def _reference(node: Node, text: str, parameter: Parameter, around: Surroundings) -> InputReference | None:
    if not re.fullmatch(REFERENCE, text):
        around.problems.append(node.problem("an input must stand alone, as '${name}'; it cannot be a part of a text"))
        return None
    name = text[2:-1]
    if name not in around.inputs:
        around.problems.append(node.problem(unknown("input", name, around.inputs)))
        return None
    kind = around.inputs[name].type
    if not _fits(parameter.type, kind):
        wrong = f"{parameter.name!r} must be {article(parameter.type)}, but input {name!r} is {article(kind)}"
        around.problems.append(node.problem(wrong))
    return InputReference(name=name)


def _fits(wanted: ValueType, kind: ValueType) -> bool:
    return wanted is ValueType.ANY or wanted is kind


def _try(look: Node, probe: Probe, template: Template, around: Surroundings) -> None:
    """Ask the probe for its questions, so that a value that makes no sense is found now and not on a server."""
    references = [value.name for value in template.values() if isinstance(value, InputReference)]
    defaults = {name: known.default for name, known in around.inputs.items() if known.default is not None}
    if not all(name in defaults for name in references):
        return
    try:
        probe.questions(bind_parameters(template, defaults, probe))
    except ParameterError as error:
        parameters = look["parameters"]
        node = parameters[error.parameter] if error.parameter in parameters else look["probe"]
        value = template.get(error.parameter)
        origin = f" (the default of input {value.name!r})" if isinstance(value, InputReference) else ""
        around.problems.append(node.problem(f"{error}{origin}"))
