"""The page about writing policies: its examples load, its table of matchers is that of the code."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.examples import never_seen
from auditor.load.audit_file import load_audit_file
from auditor.load.examples import load_examples
from auditor.load.inventory import load_inventory
from auditor.load.policy import load_policy
from auditor.load.scalars import AmbiguousScalarError, read_plain
from auditor.matchers import MATCHERS
from auditor.model.policy import Policy
from auditor.probes import PROBES

PAGE = Path(__file__).parents[3] / "docs" / "writing-a-policy.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
POLICY, EXAMPLES, INVENTORY, AUDIT = BLOCKS
TABLE = re.compile(r"(?<=<!-- matchers -->\n).*?(?=<!-- end of matchers -->)", re.DOTALL)


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    path = tmp_path / "telnet-closed.yaml"
    path.write_text(POLICY)
    return load_policy(path, PROBES)


def test_the_policy_on_the_page_is_right(policy: Policy) -> None:
    assert [check.id for check in policy.checks] == ["telnet-disabled", "telnet-same-everywhere"]


def test_the_examples_on_the_page_are_right(policy: Policy, tmp_path: Path) -> None:
    path = tmp_path / "telnet-closed.examples.yaml"
    path.write_text(EXAMPLES)

    examples = load_examples(path, policy, PROBES)

    assert list(never_seen(policy, examples)) == []


@pytest.mark.parametrize(("text", "load"), [(INVENTORY, load_inventory), (AUDIT, load_audit_file)])
def test_the_other_files_on_the_page_are_right(tmp_path: Path, text: str, load: Callable[[Path], object]) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text)

    assert load(path)


def test_the_words_said_to_be_refused_are_refused() -> None:
    table = PAGE.read_text().partition("| written | to some readers | write |")[2].partition("\n\n")[0]
    words = [word for line in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", line.split("|")[1])]

    assert len(words) == 12
    for word in words:
        with pytest.raises(AmbiguousScalarError):
            read_plain(word)


def test_the_table_of_matchers_is_that_of_the_code() -> None:
    lines = ["| matcher | for facts of type | value | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{each.name}` | {', '.join(each.fact_types)} | {each.operand} | {each.description} |"
        for each in MATCHERS.values()
    ]
    table = "\n" + "\n".join(lines) + "\n\n"
    text = PAGE.read_text()

    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: table, text))
    found = TABLE.search(PAGE.read_text())
    assert found is not None
    assert found[0] == table
