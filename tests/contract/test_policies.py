"""What every shipped policy keeps: it is right, it cites its source, and its examples show every check both ways."""

from pathlib import Path

import pytest

from auditor.cli.main import main
from auditor.load.policy import load_policy
from auditor.load.shipped import examples_of, find_policy, shipped_policies
from auditor.model.finding import Verdict
from auditor.probes import PROBES

POLICIES = shipped_policies()
EVERY_POLICY = pytest.mark.parametrize("path", POLICIES.values(), ids=POLICIES.keys())


def test_there_are_policies() -> None:
    assert "exchange-2007-owa-ssl-offloading" in POLICIES


@EVERY_POLICY
def test_a_policy_is_found_by_the_name_of_its_id(path: Path) -> None:
    policy = load_policy(path, PROBES)

    assert find_policy(policy.id) == path


@EVERY_POLICY
def test_a_policy_cites_its_source_for_every_check(path: Path) -> None:
    policy = load_policy(path, PROBES)

    assert policy.source.document
    assert policy.source.date
    for check in policy.checks:
        assert check.reference
        assert check.rationale
        assert check.remediation


@EVERY_POLICY
def test_a_remediation_that_edits_the_registry_says_to_back_up_first(path: Path) -> None:
    for check in load_policy(path, PROBES).checks:
        if "Registry Editor" in check.remediation:
            assert check.remediation.startswith("Back up the registry first")


@EVERY_POLICY
def test_the_examples_of_a_policy_hold_and_show_every_check_both_ways(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examples_of(path).is_file()

    code = main(["test", str(path)])

    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("wrong", [Verdict.FAIL, Verdict.ERROR, Verdict.NOT_APPLICABLE])
def test_an_example_with_a_wrong_verdict_is_told(
    wrong: Verdict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _copied("exchange-2007-owa-ssl-offloading", tmp_path)
    examples = examples_of(path)
    text = examples.read_text(encoding="utf-8")
    examples.write_text(
        text.replace("    ssloffloaded-set: pass\n", f"    ssloffloaded-set: {wrong}\n", 1), encoding="utf-8"
    )

    code = main(["test", str(path)])

    assert code == 1
    assert f"ssloffloaded-set should be {wrong}, but is pass" in capsys.readouterr().out


def test_a_check_that_is_never_seen_to_deviate_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _copied("exchange-2007-owa-ssl-offloading", tmp_path)
    examples = examples_of(path)
    text = examples.read_text(encoding="utf-8")
    examples.write_text(text[: text.index("- name: The site still requires SSL")], encoding="utf-8")

    code = main(["test", str(path)])

    assert code == 1
    assert "no example sees ssloffloaded-set deviate" in capsys.readouterr().out


def _copied(name: str, folder: Path) -> Path:
    for source in (POLICIES[name], examples_of(POLICIES[name])):
        (folder / source.name).write_bytes(source.read_bytes())
    return folder / POLICIES[name].name
