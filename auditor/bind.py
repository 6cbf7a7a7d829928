"""Inputs and parameters: what the site gives x what the policy declares -> values of the declared types: pure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from auditor.errors import ParameterError, UsageError
from auditor.model.policy import Input, InputReference, Parameters, Policy, Template
from auditor.model.probe import Parameter, Probe
from auditor.model.value import Value, ValueType, show, type_of
from auditor.operands import article
from auditor.suggest import unknown

_NEAR = 0.8
"""How alike two names are (difflib's ratio) for one to be a slip for the other."""


def bind_inputs(policy: Policy, given: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the value of every input of the policy, in its order: given, or the default.

    Text given for an input of another type is read as `convert` does. Names that the policy does not have are left
    out: they may be for another policy, which `refuse_unknown_inputs` looks after. Raises `UsageError` with all
    values that are missing or of the wrong type.
    """
    problems: list[str] = []
    bound = {}
    for declared in policy.inputs:
        try:
            bound[declared.name] = _bind(declared, given)
        except ValueError as error:
            problems.append(f"policy {policy.id}: input {declared.name!r} {error}")
    if problems:
        raise UsageError("\n".join(problems))
    return bound


def refuse_unknown_inputs(policies: Iterable[Policy], given: Mapping[str, Value], where: str) -> None:
    """Raise `UsageError` naming every given input that none of the policies has; `where` says who gave it."""
    known = {declared.name for policy in policies for declared in policy.inputs}
    problems = [f"{where}: {unknown('input', name, known)}" for name in given if name not in known]
    if problems:
        raise UsageError("\n".join(problems))


def slips(policies: Iterable[Policy], given: Mapping[str, Value]) -> Mapping[str, str]:
    """Return the given names that no policy has but that look like a slip for one that is not given.

    From the name to that of the input that was probably meant. An inventory may serve several audits, so a name that
    is nothing to these policies is in order; and who gives `http_port` as well means something else by `https_port`.
    """
    known = {declared.name for policy in policies for declared in policy.inputs}
    missing = sorted(known - given.keys())
    near = {name: get_close_matches(name, missing, n=1, cutoff=_NEAR) for name in sorted(given.keys() - known)}
    return {name: found[0] for name, found in near.items() if found}


def bind_parameters(template: Template, inputs: Mapping[str, Value], probe: Probe) -> Parameters:
    """Return the value of every parameter of the probe, in its order: from the policy, an input, or the default.

    Raises `ParameterError` for a parameter that is missing, unknown or of the wrong type.
    """
    known = {parameter.name for parameter in probe.parameters}
    for name in template:
        if name not in known:
            raise ParameterError(name, unknown(f"parameter of {probe.name}", name, known))
    return {parameter.name: _parameter(parameter, template, inputs, probe) for parameter in probe.parameters}


def convert(value: Value, kind: ValueType) -> Value:
    """Return the value as the type; text is read as people write it on a command line.

    `true` and `false`, decimal integers, and lists with commas between the items (blanks around them are dropped;
    empty text is the empty list). Raises `ValueError` saying what would be right.
    """
    if kind is ValueType.ANY or type_of(value) is kind:
        return value
    if not isinstance(value, str):
        raise ValueError(f"is {show(value)}, but must be {article(kind)}")  # noqa: TRY004  one class for all wrong values
    match kind, value.strip():
        case ValueType.BOOLEAN, "true" | "false" as word:
            return word == "true"
        case ValueType.INTEGER, number if _is_integer(number):
            return int(number)
        case ValueType.STRINGS, text:
            return tuple(item.strip() for item in text.split(",")) if text else ()
        case _:
            raise ValueError(f"is {value!r}, but must be {article(kind)}")


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 20


def _bind(declared: Input, given: Mapping[str, Value]) -> Value:
    if declared.name in given:
        return convert(given[declared.name], declared.type)
    if declared.default is None:
        raise ValueError(f"is missing ({declared.description}); give it with --input {declared.name}=VALUE")
    return declared.default


def _parameter(parameter: Parameter, template: Template, inputs: Mapping[str, Value], probe: Probe) -> Value:
    value = template.get(parameter.name, parameter.default)
    if isinstance(value, InputReference):
        if value.name not in inputs:
            raise ParameterError(parameter.name, unknown("input", value.name, inputs))
        value = inputs[value.name]
    if value is None:
        raise ParameterError(
            parameter.name, f"{parameter.name!r} is missing; {probe.name} needs it: {parameter.description}"
        )
    if parameter.type is not ValueType.ANY and type_of(value) is not parameter.type:
        raise ParameterError(
            parameter.name, f"{parameter.name!r} is {show(value)}, but must be {article(parameter.type)}"
        )
    return value
