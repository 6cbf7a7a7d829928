"""The schema of a policy's examples (`<policy>.examples.yaml`)."""

from collections.abc import Mapping

from auditor.model.finding import Verdict
from auditor.model.probe import Probe
from auditor.model.value import ValueType
from auditor.probes import PROBES
from auditor.schema.completion import fact_value
from auditor.schema.parts import DRAFT, ID, Schema, closed, inputs_given, list_of, mapping_of, shape_of, value_of

_TEXT: Schema = {"type": "string", "minLength": 1}


def examples_schema(probes: Mapping[str, Probe] = PROBES) -> Schema:
    """Return the schema of an examples file; what depends on the probe stands under `allOf`, for editors."""
    properties: Schema = {
        "name": {"description": "The situation, as a sentence.", **_TEXT},
        **_situation(),
        "servers": {
            "description": "Several servers, for checks of scope fleet; other checks are judged on the first one.",
            **list_of(closed(_situation(), minProperties=1), least=1),
        },
        "inputs": {"description": "Values for the policy's inputs.", **inputs_given()},
        "expect": {
            "description": "The verdict of each check, by its id.",
            **mapping_of(shape_of(Verdict), ID),
            "minProperties": 1,
        },
        "reason_contains": {"description": "A part of the finding's reason, by check id.", **mapping_of(_TEXT, ID)},
    }
    example = closed(properties, ("name", "expect"), minProperties=1)
    facts = {"allOf": [{"properties": {name: _readings(probe) for name, probe in sorted(probes.items())}}]}
    title = "auditor examples of a policy"
    return {"$schema": DRAFT, "title": title, **list_of(example, least=1), "$defs": {"facts": facts}}


def _situation() -> Schema:
    facts = {"type": "object", "minProperties": 1, "additionalProperties": list_of(_reading(), least=1)}
    return {
        "facts": {
            "description": "What the probes read on the server: for each probe a list of readings.",
            **facts,
            "allOf": [{"$ref": "#/$defs/facts"}],
        },
        "server": {
            "description": "A server of the simulated fleet: written out as in a scenario, or `scenario` and `name`.",
            "type": "object",
            "minProperties": 1,
        },
    }


def _reading() -> Schema:
    properties: Schema = {
        "parameters": {
            "description": "The parameters the probe is asked with; left out: whatever they are.",
            **_values(),
        },
        "facts": {"description": "The facts the probe reads.", **_values()},
        "not_known": {"description": "Why the probe can tell nothing.", **_TEXT},
    }
    return closed(properties)


def _readings(probe: Probe) -> Schema:
    facts = {fact.name: {"description": fact.description, **fact_value(fact)} for fact in probe.facts}
    parameters = {each.name: {"description": each.description, **value_of(each.type)} for each in probe.parameters}
    shape = {"properties": {"facts": closed(facts), "parameters": closed(parameters)}}
    return {"description": probe.summary, "items": shape}


def _values() -> Schema:
    return mapping_of(value_of(ValueType.ANY))
