from collections.abc import Mapping, Sized
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import DocumentError
from auditor.load.policy import load_policy
from auditor.load.shipped import shipped_policies
from auditor.model.policy import (
    Expectation,
    InputCondition,
    InputReference,
    Level,
    Policy,
    ProbeCondition,
    Scope,
    Severity,
    Source,
    Tolerance,
)
from auditor.model.probe import Probe
from auditor.model.value import ValueType
from auditor.probes import PROBES

HOUSE = Path(__file__).parent / "house.yaml"
Probes = Mapping[str, Probe]


@pytest.fixture
def house(probes: Probes) -> Policy:
    return load_policy(HOUSE, probes)


def test_a_policy_is_read_whole(house: Policy) -> None:
    assert (house.id, house.version, house.title) == ("house", "1", "The doors are open")
    assert house.source == Source(document="The house", date="2026-01-01", link="https://example.com/house")
    assert [(each.name, each.type, each.default) for each in house.inputs] == [
        ("room", ValueType.STRING, "hall"),
        ("doors", ValueType.INTEGER, 2),
        ("wanted", ValueType.BOOLEAN, None),
    ]


def test_a_policy_knows_its_file(house: Policy) -> None:
    data = HOUSE.read_bytes()

    assert house.digest == f"sha256:{sha256(data).hexdigest()}"
    assert house.text == data.decode()
    assert house.path == str(HOUSE)


def test_conditions_are_on_inputs_or_on_probes(house: Policy) -> None:
    wanted = Expectation(fact="wanted", matcher="equals", operand=True)
    sign = Expectation(fact="sign", matcher="not_equals", operand="closed")

    assert house.applies_when == (
        InputCondition(input="wanted", expect=wanted, reason="Nobody wants it."),
        ProbeCondition(probe="door", parameters={"room": "hall"}, expect=(sign,), reason="The sign says {sign}."),
    )


def test_a_check_is_read_whole(house: Policy) -> None:
    check = house.checks[0]

    assert (check.id, check.severity, check.level, check.scope) == ("is-open", Severity.HIGH, Level.FAIL, Scope.SERVER)
    assert check.parameters == {"room": InputReference(name="room"), "tries": InputReference(name="doors")}
    assert [(each.fact, each.matcher, each.operand) for each in check.expect] == [
        ("open", "equals", True),
        ("width", "at_least", 80),
        ("width", "at_most", 120),
        ("keys", "equals", ("a", "b")),
    ]
    push = Expectation(fact="label", matcher="matches", operand="^push")
    assert check.warn_when == Tolerance(expect=(push,), reason="{label} is written on it.")
    assert (check.rationale, check.remediation, check.reference) == ("One can walk in.", "Open it.", "Step 1")
    assert check.line == HOUSE.read_text().splitlines().index("  - id: is-open") + 1


def test_a_check_of_the_fleet_names_the_facts_to_agree_on(house: Policy) -> None:
    check = house.checks[1]

    assert (check.scope, check.agree_on, check.expect, check.level) == (Scope.FLEET, ("colour",), (), Level.WARNING)


def test_a_policy_may_be_json(probes: Probes, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(
        '{"id": "json", "version": "1", "title": "t", "source": {"document": "d"}, "checks": [{"id": "c", "title": "t",'
        '"severity": "low", "probe": "door", "parameters": {"room": "hall"}, "expect": {"open": {"equals": true}},'
        '"rationale": "r", "remediation": "r", "reference": "r"}]}'
    )

    assert load_policy(path, probes).id == "json"


@pytest.mark.parametrize("name", sorted(shipped_policies()))
def test_the_shipped_policies_are_right(name: str) -> None:
    policy = load_policy(shipped_policies()[name], PROBES)

    assert policy.id == name


def outcome(path: Path, probes: Probes) -> Sized:
    """Return the checks of a policy, or the problems with it."""
    try:
        return load_policy(path, probes).checks
    except DocumentError as error:
        return [problem for problem in error.problems if problem.startswith(f"{path}:")]


LINES = HOUSE.read_text().splitlines(keepends=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.integers(0, len(LINES) - 1), st.sampled_from(["", "  x: 1\n", "- y\n", "null\n", "? [a]\n", "    {}\n", "[]\n"])
)
def test_no_damage_to_a_policy_raises_anything_but_document_errors(
    probes: Probes, tmp_path: Path, line: int, replacement: str
) -> None:
    path = tmp_path / "damaged.yaml"
    path.write_text("".join([*LINES[:line], replacement, *LINES[line + 1 :]]))

    assert outcome(path, probes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.integers(0, len(LINES) - 1), st.sampled_from(["1", "true", "[]", "{}", "[[1]]", "{a: {b: [c]}}", "text"]))
def test_no_value_of_a_wrong_type_raises_anything_but_document_errors(
    probes: Probes, tmp_path: Path, line: int, value: str
) -> None:
    path = tmp_path / "mistyped.yaml"
    key, colon, _ = LINES[line].partition(": ")
    path.write_text("".join([*LINES[:line], f"{key}{colon}{value}\n", *LINES[line + 1 :]]))

    assert outcome(path, probes)
