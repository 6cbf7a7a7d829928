"""The same reading without libyaml: PyYAML is built without it on some machines."""

import importlib.util
import sys
from types import ModuleType

import pytest
import yaml


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    spec = importlib.util.find_spec("auditor.load.yaml_text")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "yaml_text_without_libyaml", module)
    spec.loader.exec_module(module)
    return module


def test_values_and_places_are_the_same(slow: ModuleType) -> None:
    parsed = slow.read_yaml('a: [1, "no"]\nb: {c: |\n  text\n}\n'.replace("|\n  text\n", "text"))

    assert parsed.value == {"a": [1, "no"], "b": {"c": "text"}}
    assert parsed.values[("b", "c")] == (2, 8)


@pytest.mark.parametrize("text", ["[" * 100_000, "a: &x 1", "a: no", "a: [", '"\\UFFFFFFFF"', "a: 1\na: 2"])
def test_problems_are_found(slow: ModuleType, text: str) -> None:
    assert slow.read_yaml(text).problems
