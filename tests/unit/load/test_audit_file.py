from pathlib import Path

import pytest

from auditor.load.audit_file import load_audit_file
from auditor.model.audit_file import AuditFile


def test_all_options_are_read_with_paths_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(
        "policies: [shipped, own/policy.yaml]\ninventory: inventory.yaml\nhosts: [cas01, '[::1]:5985']\n"
        "inputs: {a: true, b: [x]}\nformats: [junit]\nout: ../reports\nfail_on: never\njobs: 4\ntimeout: 30\n"
    )

    assert load_audit_file(path) == AuditFile(
        policies=("shipped", str(tmp_path / "own/policy.yaml")),
        inventory=str(tmp_path / "inventory.yaml"),
        hosts=("cas01", "[::1]:5985"),
        inputs={"a": True, "b": ("x",)},
        formats=("junit",),
        out=str(tmp_path / "../reports"),
        fail_on=("never",),
        jobs=4,
        timeout=30,
    )


def test_a_gate_may_be_one_for_each_policy(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text("fail_on: {default: fail, owa: [high, new]}\n")

    assert load_audit_file(path).fail_on == ("fail", "owa=high", "owa=new")


def test_what_is_not_said_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text("{}\n")

    assert load_audit_file(path) == AuditFile()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("h.db", "{folder}/h.db"),
        ("sqlite:///h.db", "{folder}/h.db"),
        ("sqlite:////srv/h.db", "/srv/h.db"),
        ("/srv/h.db", "/srv/h.db"),
        ("none", "none"),
        ("postgresql://auditor@db/audits", "postgresql://auditor@db/audits"),
    ],
)
def test_a_history_stands_beside_the_file_wherever_the_audit_is_started(
    tmp_path: Path, written: str, meant: str
) -> None:
    path = tmp_path / "audit.yaml"
    path.write_text(f"store: {written}\n")

    assert load_audit_file(path).store == meant.format(folder=tmp_path)
