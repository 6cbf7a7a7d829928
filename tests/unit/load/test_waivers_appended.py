"""New entries in a file: everything that was there stays, byte by byte, and what is written reads back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DocumentError, UsageError
from auditor.load.waiver_file import add_waivers
from auditor.load.waivers import load_waivers
from auditor.model.policy import Check, Policy, Severity, Source
from auditor.model.waiver import Waiver

TODAY = date(2026, 11, 23)
CHECK = Check(id="shut", title="", severity=Severity.LOW, probe="p", rationale="", remediation="", reference="")
POLICIES = (Policy(id="doors", version="1", title="", source=Source(document=""), checks=(CHECK,)),)
FLOW = "waivers: [{id: old, policy: doors, checks: [shut], owner: o, reason: r, expires: '2026-12-31'}]\n"
DAYS = "\n# how many\nmaximum_days: 90\n"
NEW = Waiver(id="new", policy="doors", checks=("shut",), owner="Jane", reason="r", expires="2026-12-31")
ENTRY = '- id: old\n{0}  policy: doors\n{0}  checks: [shut]\n{0}  owner: o\n{0}  expires: "2026-12-31"\n{0}  reason: '


def content(waiver: Waiver) -> Waiver:
    return replace(waiver, path="", line=0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# ours\nwaivers:\n" + ENTRY.format("") + "x # why\n# the end\n", "# the end\n"),
        ("waivers:\n    " + ENTRY.format("    ") + '"x"\n' + DAYS, DAYS),
        ("waivers:\n  " + ENTRY.format("  ") + "|\n      two\n      lines\n", ""),
        ("waivers:\n  " + ENTRY.format("  ") + ">-\n      two\n\n      lines\n\n" + DAYS, DAYS[1:]),
        ("waivers:\n  " + ENTRY.format("  ") + "two\n      lines # c\n", ""),
        ("waivers:\n  " + ENTRY.format("  ") + "x\n    hosts:\n      - a\n      - b # last\n...\n", "...\n"),
        ("waivers:\n  " + ENTRY.format("  ") + "x\n    hosts: [a,\n      b] # last\n", ""),
        ("\ufeffwaivers:\r\n  " + ENTRY.format("  ").replace("\n", "\r\n") + "ä\u3042\r\n# e\r\n", "# e\r\n"),
        ("# nothing yet\n", ""),
    ],
)  # fmt: skip
def test_comments_and_formatting_stay_as_they_are(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_bytes(before.encode())

    add_waivers(path, [NEW], POLICIES, TODAY)

    written = path.read_bytes().decode()
    assert written.startswith(before.removesuffix(after))
    assert written.endswith(after)
    assert len(written) > len(before)
    assert content(load_waivers(path, POLICIES, TODAY)[-1]) == NEW


def test_a_last_line_without_an_end_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("waivers:\n  " + ENTRY.format("  ") + "x")

    add_waivers(path, [NEW], POLICIES, TODAY)

    assert [waiver.reason for waiver in load_waivers(path, POLICIES, TODAY)] == ["x", "r"]


def test_an_empty_list_loses_its_brackets_only(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("waivers: [] # none yet\nmaximum_days: 90\n")

    add_waivers(path, [NEW], POLICIES, TODAY)

    lines = path.read_text().splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("waivers: # none yet", "  - id: new", "maximum_days: 90")


def test_a_file_that_is_missing_is_made(tmp_path: Path) -> None:
    add_waivers(tmp_path / "waivers.yaml", [NEW, replace(NEW, id="other")], POLICIES, TODAY)

    assert [waiver.id for waiver in load_waivers(tmp_path, POLICIES, TODAY)] == ["new", "other"]
    assert [path.name for path in tmp_path.iterdir()] == ["waivers.yaml"]


def test_a_link_stays_a_link_and_the_mode_stays_the_mode(tmp_path: Path) -> None:
    place, link = tmp_path / "place.yaml", tmp_path / "waivers.yaml"
    place.write_text("waivers: []\n")
    place.chmod(0o640)
    link.symlink_to(place)

    add_waivers(link, [NEW], POLICIES, TODAY)

    assert link.is_symlink()
    assert "id: new" in place.read_text()
    assert place.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("before", "entry", "told"),
    [
        ("waivers:\n  " + ENTRY.format("  ") + "x\n", replace(NEW, id="old"), "the id 'old' is also in"),
        ("waivers: []\n", replace(NEW, expires="2027-12-31"), "more than 180 days ahead"),
        ("waivers: []\n", replace(NEW, checks=("shat",)), "did you mean 'shut'"),
        ("waivers: []\n", replace(NEW, reason="\ud800"), "not YAML|half a surrogate pair"),
        ('{"waivers": []}\n', NEW, "stand in brackets"),
        (FLOW, NEW, "stand in brackets"),
    ],
)  # fmt: skip
def test_what_would_not_load_is_not_written(tmp_path: Path, before: str, entry: Waiver, told: str) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(before)

    with pytest.raises(UsageError, match=told) as caught:
        add_waivers(path, [entry], POLICIES, TODAY)

    assert ".part" not in str(caught.value)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_was_wrong_before_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("waivrs: []\n")

    with pytest.raises(DocumentError, match="did you mean 'waivers'"):
        add_waivers(path, [NEW], POLICIES, TODAY)

    assert path.read_text() == "waivrs: []\n"


@pytest.mark.parametrize("name", ["waivers.json", "waivers"])
def test_a_name_that_no_folder_of_waivers_would_take_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"ends in \.yaml"):
        add_waivers(tmp_path / name, [NEW], POLICIES, TODAY)


ODD = ["on", "No", "null", "~", "1", "1.10", "2026-12-31", "- x", "a: b", "a #b", "x ", "'", '"', "\\", "e1", "😀"]
TEXT = (st.text(min_size=1, max_size=30) | st.sampled_from([*ODD, "a\nb", "a\u2028b", "a\x7f", "\U000e0001"])).filter(
    str.strip
)


@given(owner=TEXT, reason=TEXT, host=TEXT, accepted=TEXT | st.just(""))
def test_whatever_is_said_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, owner: str, reason: str, host: str, accepted: str
) -> None:
    path = tmp_path_factory.mktemp("said") / "waivers.yaml"
    entry = replace(NEW, owner=owner, reason=reason, hosts=(host,), accepted=accepted)

    add_waivers(path, [entry], POLICIES, TODAY)

    assert [content(waiver) for waiver in load_waivers(path, POLICIES, TODAY)] == [entry]
