"""The page about waivers: its file loads, and its notes are those that judging by it gives."""

import re
from datetime import date
from pathlib import Path

import pytest

from auditor.load.policy import load_policy
from auditor.load.shipped import shipped_policies
from auditor.load.waivers import load_waivers
from auditor.probes import PROBES
from auditor.schema.waivers import MAXIMUM_DAYS, waivers_schema

PAGE = (Path(__file__).parents[3] / "docs" / "waivers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", BLOCKS)
def test_the_files_on_the_page_are_right(tmp_path: Path, text: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text, encoding="utf-8")
    policies = [load_policy(file, PROBES) for file in shipped_policies().values()]

    assert load_waivers(path, policies, date(2026, 11, 23))


def test_every_key_of_a_waiver_is_explained() -> None:
    keys = waivers_schema()["$defs"]["waiver"]["properties"]

    assert [key for key in [*keys, "maximum_days"] if f"`{key}`" not in PAGE] == []
    assert f"{MAXIMUM_DAYS} days" in PAGE
