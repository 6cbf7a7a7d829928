"""The page about the simulated fleet: its examples load, and it names every key there is."""

import re
from pathlib import Path

import pytest

from auditor.lab.description import SERVER
from auditor.lab.scenario import load_scenario

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "simulated-fleet.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_page_is_a_scenario(tmp_path: Path, example: str) -> None:
    (tmp_path / "applicationHost.config").write_bytes(b"<configuration/>")
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")

    scenario = load_scenario(path)

    assert scenario.servers


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("key", SERVER.fields)
def test_the_page_names_every_key_of_a_server(key: str) -> None:
    assert f"`{key}`" in PAGE
