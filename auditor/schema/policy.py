"""The schema of policy files: from the nouns of a policy, the matchers and the probes."""

from collections.abc import Mapping

from auditor.matchers import MATCHERS
from auditor.model.policy import Check, Input, InputCondition, Policy, ProbeCondition, Source, Tolerance
from auditor.model.probe import Probe
from auditor.model.value import ValueType
from auditor.probes import PROBES
from auditor.schema.completion import completions, definitions, matchers_schema
from auditor.schema.parts import DRAFT, ID, NAME, Schema, closed, list_of, mapping_of, object_of, value_of

_TEXT: Schema = {"type": "string", "minLength": 1}
_EXPECT: Schema = {"type": "object", "minProperties": 1}

_POLICY = {
    "id": "The policy's id; stays the same when the policy changes.",
    "version": "The policy's version, quoted.",
    "title": "What the policy demands, in one line.",
    "source": "The document that demands it.",
    "inputs": "Values that the site gives: by --input, inventory group or host.",
    "applies_when": "All must hold for the policy to apply to a server; otherwise its checks are not applicable.",
    "checks": "The expected states.",
}
_SOURCE = {
    "document": "The document's title.",
    "date": "Its date, quoted.",
    "link": "Where it can be read.",
}
_INPUT = {
    "type": "The type of the value.",
    "default": "The value when the site gives none; without it the site must give one.",
    "description": "What the value is for.",
}
_CHECK = {
    "id": "The check's id; unique in the policy, and stays the same when the check changes.",
    "title": "The expected state, in one line.",
    "severity": "How bad a deviation is.",
    "level": "What a deviation becomes: `fail`, or `warning`, which fails no gate unless asked to.",
    "scope": "`server`: each server must meet `expect`. `fleet`: all servers must have the same facts (`agree_on`).",
    "probe": "What is looked at.",
    "parameters": "What the probe needs to know; `${name}` takes the value of an input.",
    "applies_when": "All must hold for the check to apply to a server; otherwise it is not applicable.",
    "expect": "What the facts must be: fact, matcher, value. All must hold.",
    "warn_when": "A deviation that is only a warning.",
    "agree_on": "The facts that must be the same on all servers (scope fleet).",
    "rationale": "Why it matters.",
    "remediation": "What to do about a deviation, with the caution the source gives.",
    "reference": "The clause or step of the source.",
    "mappings": "What it answers to in other documents: their names, for example NIST SP 800-53 Rev. 5, and ids there.",
}
_CONDITION = {
    "probe": "What is looked at.",
    "parameters": "What the probe needs to know.",
    "input": "The input whose value is compared.",
    "expect": "For a probe: fact, matcher, value. For an input: matcher, value. All must hold.",
    "reason": "Why it does not apply when this does not hold; `{fact}` puts in a fact of the probe.",
}
_TOLERANCE = {
    "expect": "What the facts are then: fact, matcher, value. All must hold.",
    "reason": "Why it is tolerated; `{fact}` puts in a fact of the probe.",
}


def policy_schema(probes: Mapping[str, Probe] = PROBES) -> Schema:
    """Return the schema of a policy file; what depends on the probe stands under `allOf`, for editors."""
    schema = object_of(Policy, _POLICY, _policy_shapes())
    parts = {
        **definitions(probes),
        "check": {**_check(probes), "allOf": [*completions(probes), _scope_rule()]},
        "condition": {**_condition(probes), "allOf": [*completions(probes), _either_probe_or_input()]},
    }
    return {"$schema": DRAFT, "title": "auditor policy", **schema, "$defs": parts}


def _policy_shapes() -> Mapping[str, Schema]:
    return {
        "id": {"type": "string", "pattern": ID},
        "version": _TEXT,
        "title": _TEXT,
        "source": object_of(Source, _SOURCE, {"document": _TEXT}),
        "inputs": mapping_of(_input(), NAME),
        "applies_when": _conditions(),
        "checks": list_of({"$ref": "#/$defs/check"}, least=1),
    }


def _input() -> Schema:
    types = [kind.value for kind in ValueType if kind is not ValueType.ANY]
    return object_of(
        Input,
        _INPUT,
        {"type": {"enum": types}, "default": value_of(ValueType.ANY), "description": _TEXT},
    )


def _conditions() -> Schema:
    return list_of({"$ref": "#/$defs/condition"})


def _check(probes: Mapping[str, Probe]) -> Schema:
    shapes = dict.fromkeys(("title", "rationale", "remediation", "reference"), _TEXT)
    return object_of(
        Check,
        _CHECK,
        {
            **shapes,
            "id": {"type": "string", "pattern": ID},
            "probe": {"enum": sorted(probes)},
            "parameters": {"type": "object"},
            "applies_when": _conditions(),
            "expect": _EXPECT,
            "warn_when": object_of(Tolerance, _TOLERANCE, {"expect": _EXPECT, "reason": _TEXT}),
            "agree_on": {**list_of(_TEXT, least=1), "uniqueItems": True},
            "mappings": mapping_of({**list_of(_TEXT, least=1), "uniqueItems": True}),
        },
    )


def _condition(probes: Mapping[str, Probe]) -> Schema:
    shapes: dict[str, Schema] = {
        "probe": {"enum": sorted(probes)},
        "parameters": {"type": "object"},
        "input": {"type": "string", "pattern": NAME},
        "expect": _EXPECT,
        "reason": _TEXT,
    }
    by_probe = object_of(ProbeCondition, _CONDITION, shapes)
    by_input = object_of(InputCondition, _CONDITION, shapes)
    return closed({**by_probe["properties"], **by_input["properties"]}, ("expect", "reason"))


def _scope_rule() -> Schema:
    return {
        "if": {"properties": {"scope": {"const": "fleet"}}, "required": ["scope"]},
        "then": {"required": ["agree_on"], "properties": {"expect": False, "warn_when": False}},
        "else": {"required": ["expect"], "properties": {"agree_on": False}},
    }


def _either_probe_or_input() -> Schema:
    return {
        "if": {"required": ["input"]},
        "then": {
            "properties": {"expect": matchers_schema(MATCHERS.values()), "probe": False, "parameters": False},
        },
        "else": {"required": ["probe"]},
    }
