"""What depends on the probe that is named: its parameters, its facts, and the matchers each fact takes."""

from collections.abc import Iterable, Mapping

from auditor.matchers import MATCHERS, Matcher, OperandKind
from auditor.model.probe import Fact, Parameter, Probe
from auditor.model.value import ValueType
from auditor.schema.parts import REFERENCE, Schema, closed, list_of, value_of


def completions(probes: Mapping[str, Probe]) -> list[Schema]:
    """Return one rule for each probe: when it is named, then these are the parameters and the facts."""
    return [_completion(probe) for _, probe in sorted(probes.items())]


def definitions(probes: Mapping[str, Probe]) -> Schema:
    """Return the definitions that the rules of `completions` refer to."""
    parameters = {f"parameters-{name}": parameters_schema(probe) for name, probe in sorted(probes.items())}
    facts = {f"facts-{name}": facts_schema(probe) for name, probe in sorted(probes.items())}
    return parameters | facts


def matchers_schema(matchers: Iterable[Matcher], fact: Fact | None = None) -> Schema:
    """Return the schema of `matcher: value`, for a fact or for any."""
    kind = fact.type if fact else ValueType.ANY
    properties = {each.name: {"description": each.description, **_operand(each, kind, fact)} for each in matchers}
    return closed(properties, minProperties=1)


def facts_schema(probe: Probe) -> Schema:
    """Return the schema of `fact: {matcher: value}` for a probe's facts."""
    properties = {
        fact.name: {
            "description": fact.description,
            **matchers_schema((each for each in MATCHERS.values() if fact.type in each.fact_types), fact),
        }
        for fact in probe.facts
    }
    return closed(properties, minProperties=1)


def parameters_schema(probe: Probe) -> Schema:
    """Return the schema of a probe's parameters in a policy, where `${name}` may stand for a value."""
    properties = {each.name: _parameter(each) for each in probe.parameters}
    return closed(properties, tuple(each.name for each in probe.parameters if each.default is None))


def fact_value(fact: Fact) -> Schema:
    """Return the schema of a fact's value."""
    return {**value_of(fact.type), **_choices(fact)}


def _completion(probe: Probe) -> Schema:
    facts = {"$ref": f"#/$defs/facts-{probe.name}"}
    then = {
        "probe": {"description": probe.summary},
        "parameters": {"$ref": f"#/$defs/parameters-{probe.name}"},
        "expect": facts,
        "warn_when": {"properties": {"expect": facts}},
        "agree_on": {"items": {"enum": [fact.name for fact in probe.facts]}},
    }
    must_be_given = any(parameter.default is None for parameter in probe.parameters)
    required = {"required": ["parameters"]} if must_be_given else {}
    return {
        "if": {"properties": {"probe": {"const": probe.name}}, "required": ["probe"]},
        "then": {"properties": then, **required},
    }


def _parameter(parameter: Parameter) -> Schema:
    schema = value_of(parameter.type)
    described: Schema = {"description": parameter.description}
    if parameter.default is not None:
        default = parameter.default
        described["default"] = list(default) if isinstance(default, tuple) else default
    if parameter.type in {ValueType.STRING, ValueType.ANY}:
        return {**described, **schema}
    return {**described, **schema, "type": [schema["type"], "string"], "pattern": REFERENCE}


def _operand(matcher: Matcher, kind: ValueType, fact: Fact | None) -> Schema:
    match matcher.operand:
        case OperandKind.VALUE:
            return {**value_of(kind), **_choices(fact)}
        case OperandKind.VALUES:
            return list_of({**value_of(kind), **_choices(fact)}, least=1)
        case OperandKind.INTEGER:
            return value_of(ValueType.INTEGER)
        case OperandKind.BOOLEAN:
            return value_of(ValueType.BOOLEAN)
        case OperandKind.STRING | OperandKind.PATTERN:
            return value_of(ValueType.STRING)


def _choices(fact: Fact | None) -> Schema:
    if fact is None or not fact.choices:
        return {}
    if fact.type is ValueType.STRINGS:
        return {"items": {"enum": list(fact.choices)}}
    return {"enum": list(fact.choices)}
