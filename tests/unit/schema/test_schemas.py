from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from auditor import schema as schema_package
from auditor.load.shipped import shipped_policies
from auditor.logs import LogForm
from auditor.matchers import MATCHERS
from auditor.model.inventory import Authentication, Scheme, SecretSource
from auditor.model.policy import Check, Input, Level, Policy, Scope, Severity
from auditor.probes import PROBES
from auditor.schema import SCHEMAS
from auditor.schema.policy import policy_schema

OURS = ("policy", "inventory", "audit_file", "examples")
BAD = Path(__file__).parent.parent / "load" / "bad"


def errors(instance: object, schema: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(instance)]


def enums(value: object) -> Iterator[list[object]]:
    if isinstance(value, dict):
        if isinstance(value.get("enum"), list):
            yield value["enum"]
        for inner in value.values():
            yield from enums(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from enums(inner)


def properties(value: object, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, dict):
        inner = value.get("properties", {})
        if "if" not in value and name != "then":
            yield from inner.items()
        for key, part in value.items():
            if key not in {"if", "then", "else", "allOf"}:
                yield from properties(part, key)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name]())


def test_there_is_a_schema_for_every_module_that_offers_one() -> None:
    modules = [found.name for found in iter_modules(schema_package.__path__)]
    offering = {name for name in modules if hasattr(import_module(f"auditor.schema.{name}"), f"{name}_schema")}

    assert set(SCHEMAS) == offering > set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_every_key_is_described_for_editors(name: str) -> None:
    undescribed = [key for key, schema in properties(SCHEMAS[name]()) if not schema.get("description")]

    assert undescribed == []


@pytest.mark.parametrize(
    ("name", "enum"),
    [
        ("policy", Severity),
        ("policy", Level),
        ("policy", Scope),
        ("inventory", Scheme),
        ("inventory", Authentication),
        ("audit_file", LogForm),
    ],
)
def test_the_choices_are_those_of_the_code(name: str, enum: type[StrEnum]) -> None:
    assert [member.value for member in enum] in list(enums(SCHEMAS[name]()))


def test_the_keys_are_the_fields_of_the_code() -> None:
    schema = policy_schema(PROBES)

    assert set(schema["properties"]) == set(Policy.__slots__) - {"digest", "path", "text"}
    assert set(schema["$defs"]["check"]["properties"]) == set(Check.__slots__) - {"line"}
    written = schema["properties"]["inputs"]["additionalProperties"]["properties"]
    assert set(written) == set(Input.__slots__) - {"name"}


def test_the_sources_of_secrets_are_those_of_the_code() -> None:
    secret = SCHEMAS["inventory"]()["$defs"]["connection"]["properties"]["secret"]

    assert set(secret["properties"]) == {source.value for source in SecretSource}


def test_editors_can_complete_probes_parameters_facts_and_matchers() -> None:
    schema = policy_schema(PROBES)

    assert schema["$defs"]["check"]["properties"]["probe"]["enum"] == sorted(PROBES)
    for probe in PROBES.values():
        parameters = schema["$defs"][f"parameters-{probe.name}"]["properties"]
        facts = schema["$defs"][f"facts-{probe.name}"]["properties"]
        assert list(parameters) == [parameter.name for parameter in probe.parameters]
        for fact in probe.facts:
            takes = [name for name, matcher in MATCHERS.items() if fact.type in matcher.fact_types]
            assert list(facts[fact.name]["properties"]) == takes


@pytest.mark.parametrize("name", sorted(shipped_policies()))
def test_the_shipped_policies_have_the_schema(name: str) -> None:
    policy = yaml.safe_load(shipped_policies()[name].read_text())

    assert errors(policy, policy_schema()) == []


def check(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "id": "c",
        "title": "t",
        "severity": "low",
        "probe": "registry_value",
        "parameters": {"key": r"HKLM\SYSTEM"},
        "expect": {"value": {"equals": 1}},
        "rationale": "r",
        "remediation": "r",
        "reference": "r",
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def policy(**changes: object) -> dict[str, object]:
    return {"id": "p", "version": "1", "title": "t", "source": {"document": "d"}, "checks": [check(**changes)]}


@pytest.mark.parametrize(
    "changes",
    [
        {"expect": None},
        {"expect": {"vlaue": {"equals": 1}}},
        {"expect": {"type": {"equals": "DWORD"}}},
        {"expect": {"present": {"equals": "true"}}},
        {"expect": {"value": {"equal": 1}}},
        {"expect": {"present": {"at_least": 1}}},
        {"expect": {"value": {}}},
        {"parameters": None},
        {"parameters": {"key": 5}},
        {"parameters": {"key": r"HKLM\SYSTEM", "nmae": "x"}},
        {"agree_on": ["value"]},
        {"scope": "fleet"},
        {"scope": "fleet", "expect": None, "agree_on": ["vlaue"]},
        {"applies_when": [{"expect": {"equals": 1}, "reason": "r"}]},
        {"applies_when": [{"input": "x", "probe": "exchange", "expect": {"equals": 1}, "reason": "r"}]},
        {"applies_when": [{"probe": "exchange", "expect": {"instaled": {"equals": True}}, "reason": "r"}]},
    ],
)
def test_editors_mark_what_does_not_fit_the_probe(changes: dict[str, object]) -> None:
    assert errors(policy(), policy_schema()) == []

    assert errors(policy(**changes), policy_schema())


@pytest.mark.parametrize("name", ["policy-everything-at-once", "policy-not-a-mapping"])
def test_editors_mark_bad_policies(name: str) -> None:
    instance = yaml.safe_load((BAD / f"{name}.yaml").read_text())

    assert errors(instance, policy_schema())
