from datetime import date
from pathlib import Path

import pytest

from auditor.errors import DocumentError, ExitCode
from auditor.load.waivers import load_waivers
from auditor.model.policy import Check, Policy, Severity, Source
from auditor.model.waiver import Waiver

TODAY = date(2026, 11, 23)
ENTRY = """
  - id: one
    policy: doors
    checks: [door-shut]
    owner: Jane Doe
    reason: The hinge is broken.
    expires: "2026-12-31"
"""


def check(name: str) -> Check:
    return Check(
        id=name, title="", severity=Severity.LOW, probe="door", rationale="", remediation="", reference=""
    )  # fmt: skip


POLICIES = (
    Policy(
        id="doors", version="1", title="", source=Source(document=""), checks=(check("door-shut"), check("door-locked"))
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "waivers.yaml"


def problems(path: Path, text: str | None = None) -> list[str]:
    if text is not None:
        path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_waivers(path, POLICIES, TODAY)
    assert caught.value.exit_code is ExitCode.USAGE
    return [line.replace(f"{path.parent}/", "") for line in caught.value.problems]


def test_everything_that_is_written_is_read(path: Path) -> None:
    path.write_text(
        "waivers:\n  - id: one\n    policy: doors\n    checks: [door-*]\n    hosts: ['cas0?']\n    groups: [cas]\n"
        '    owner: Jane Doe\n    reason: Broken.\n    ticket: CHG-1\n    expires: "2026-12-31"\n'
        "    zone: Europe/Berlin\n    accepted: \"REG_SZ '1'\"\n"
    )

    assert load_waivers(path, POLICIES, TODAY) == (
        Waiver(
            id="one", policy="doors", checks=("door-*",), hosts=("cas0?",), groups=("cas",), owner="Jane Doe",
            reason="Broken.", ticket="CHG-1", expires="2026-12-31", zone="Europe/Berlin", accepted="REG_SZ '1'",
            path=str(path), line=2,
        ),
    )  # fmt: skip


def test_without_a_zone_the_day_ends_in_utc(path: Path) -> None:
    path.write_text(f"waivers:{ENTRY}")

    (waiver,) = load_waivers(path, POLICIES, TODAY)

    assert (waiver.zone, waiver.hosts, waiver.groups, waiver.accepted) == ("UTC", (), (), "")


def test_a_folder_is_all_its_yaml_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(f"waivers:{ENTRY}")
    (tmp_path / "a.yml").write_text(f"waivers:{ENTRY}".replace("one", "two"))
    (tmp_path / "notes.txt").write_text("nothing")

    assert [waiver.id for waiver in load_waivers(tmp_path, POLICIES, TODAY)] == ["two", "one"]


def test_a_folder_without_files_is_refused_for_it_may_be_the_wrong_one(tmp_path: Path) -> None:
    assert "no YAML file is in this folder" in problems(tmp_path)[0]


def test_a_file_may_hold_no_waiver(path: Path) -> None:
    path.write_text("waivers: []\n")

    assert load_waivers(path, POLICIES, TODAY) == ()


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("waivers: [\n")
    (tmp_path / "b.yaml").write_text(f"waivers:{ENTRY}".replace("doors", "dors"))
    (tmp_path / "c.yaml").write_text(f"waivers:{ENTRY}")

    broken, strange, doubled = problems(tmp_path)

    assert "a.yaml:2:1: (top): this is not YAML" in broken
    assert "b.yaml:3:13: waivers/0/policy: unknown policy 'dors'; did you mean 'doors'?" in strange
    assert "c.yaml:2:9: waivers/0/id: the id 'one' is also in b.yaml:2; ids are unique" in doubled


@pytest.mark.parametrize("part", ["owner", "reason", "expires", "policy", "checks", "id"])
def test_what_a_waiver_must_say_is_missed(path: Path, part: str) -> None:
    lines = [line for line in f"waivers:{ENTRY}".splitlines() if not line.lstrip(" -").startswith(f"{part}:")]
    text = "\n".join(lines).replace("    policy", "  - policy") if part == "id" else "\n".join(lines)

    assert [line for line in problems(path, text) if f"{part!r} is missing" in line]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[door-shut]", "[door-shat]", "4:14: {}/checks/0: unknown check 'door-shat'; did you mean 'door-shut'?"),
        ("[door-shut]", '["win*"]', "4:14: {}/checks/0: no check matches 'win*'; known are door-locked, door-shut"),
        ("[door-shut]", '["[d]oor-shut"]', "4:14: {}/checks/0: unknown check '[d]oor-shut'"),
        ("[door-shut]", "[]", "4:13: {}/checks: this is empty"),
        ('"2026-12-31"', "2026-12-31", "7:14: {}/expires: 2026-12-31 is a date to some readers of YAML; quote it"),
        ('"2026-12-31"', '"2026-02-30"', "7:14: {}/expires: '2026-02-30' is no date"),
        ('"2026-12-31"', '"20261231"', "7:14: {}/expires: '20261231' is no date"),
        ('"2026-12-31"', '"2027-05-23"', "7:14: {}/expires: 2027-05-23 is more than 180 days ahead"),
        ("Jane Doe", '" "', "5:12: {}/owner: this is blank"),
        ("Jane Doe", '""', "5:12: {}/owner: this is empty"),
        ("id: one", "id: One", "2:9: {}/id: 'One' is not an id of lower-case letters"),
        ("reason: The", "tiket: x\n    reason: The", "6:5: {}/tiket: unknown key 'tiket'; did you mean 'ticket'?"),
        ("reason: The", "zone: Europe/Berln\n    reason: The", "6:11: {}/zone: unknown time zone 'Europe/Berln'; did"),
        ("reason: The", "zone: localtime\n    reason: The", "6:11: {}/zone: unknown time zone 'localtime'"),
        ("reason: The", "accepted: 1\n    reason: The", "6:15: {}/accepted: 1 is an integer, but text is needed"),
        ("waivers:", "maximum_days: 0\nwaivers:", "1:15: maximum_days: 0 is out of range"),
        ("waivers:", "maximum_days: 99999999999\nwaivers:", "1:15: maximum_days: 99999999999 is out of range"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(path: Path, old: str, new: str, told: str) -> None:
    (line,) = problems(path, f"waivers:{ENTRY}".replace(old, new))

    assert told.format("waivers/0") in line


@pytest.mark.parametrize("latest", ["2027-05-22", "2020-01-01"])
def test_the_latest_possible_day_and_days_gone_by_are_read(path: Path, latest: str) -> None:
    path.write_text(f"waivers:{ENTRY}".replace("2026-12-31", latest))

    assert load_waivers(path, POLICIES, TODAY)[0].expires == latest


def test_the_least_maximum_of_a_folder_holds_for_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("maximum_days: 400\nwaivers: []\n")
    (tmp_path / "b.yaml").write_text("maximum_days: 30\nwaivers: []\n")
    (tmp_path / "c.yaml").write_text(f"waivers:{ENTRY}")

    assert "2026-12-31 is more than 30 days ahead" in problems(tmp_path)[0]


def test_a_site_may_allow_more(path: Path) -> None:
    path.write_text(f"maximum_days: 400\nwaivers:{ENTRY}".replace("2026-12-31", "2027-12-27"))

    assert load_waivers(path, POLICIES, TODAY)
