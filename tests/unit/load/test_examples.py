from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.load.examples import load_examples
from auditor.load.policy import load_policy
from auditor.model.example import Example, GivenFacts, GivenReading, GivenScenario, GivenServer
from auditor.model.finding import Verdict
from auditor.model.policy import Policy
from auditor.model.probe import Facts, NotKnown, Probe

Probes = Mapping[str, Probe]


@pytest.fixture
def house(probes: Probes) -> Policy:
    return load_policy(Path(__file__).parent / "house.yaml", probes)


def load(folder: Path, text: str, house: Policy, probes: Probes) -> tuple[Example, ...]:
    path = folder / "house.examples.yaml"
    path.write_text(text)
    return load_examples(path, house, probes)


def test_a_situation_in_the_words_of_the_facts(tmp_path: Path, house: Policy, probes: Probes) -> None:
    text = """
- name: One door is open
  facts:
    door:
      - {parameters: {room: hall}, facts: {open: true, keys: [a], sign: 5}}
      - {not_known: it is dark}
  inputs: {doors: "3", room: attic}
  expect: {is-open: pass, same-colour: not_applicable}
  reason_contains: {same-colour: fewer}
"""

    examples = load(tmp_path, text, house, probes)

    seen = Facts(values={"open": True, "keys": ("a",), "sign": 5}, summary="as the example says")
    readings = (
        GivenReading(probe="door", parameters={"room": "hall"}, reading=seen),
        GivenReading(probe="door", reading=NotKnown(reason="it is dark")),
    )
    assert examples == (
        Example(
            name="One door is open",
            situations=(GivenFacts(readings=readings),),
            inputs={"doors": 3, "room": "attic"},
            expect={"is-open": Verdict.PASS, "same-colour": Verdict.NOT_APPLICABLE},
            reason_contains={"same-colour": "fewer"},
            line=2,
        ),
    )


def test_a_situation_on_servers_of_the_simulated_fleet(tmp_path: Path, house: Policy, probes: Probes) -> None:
    text = """
- name: Several
  servers:
    - server: {scenario: shipped, name: one}
    - server: {scenario: ./own.yaml, name: two}
    - server: {name: three, os: anything}
  expect: {same-colour: warn}
- name: One
  server: {name: four}
  expect: {is-open: error}
"""

    several, one = load(tmp_path, text, house, probes)

    assert several.situations == (
        GivenScenario(scenario="shipped", server="one"),
        GivenScenario(scenario=str(tmp_path / "own.yaml"), server="two"),
        GivenServer(server={"name": "three", "os": "anything"}),
    )
    assert one.situations == (GivenServer(server={"name": "four"}),)
