"""Ids and file names of checklists: what other programs cut off, and what file systems hold for equal or refuse."""

import re

import pytest

from auditor.formats.stig import benchmark_id, file_stem, rule_id, target
from auditor.model.finding import FLEET

STRANGE = [
    "",
    " ",
    "..",
    "../../etc/passwd",
    "a/b",
    "a\\b",
    "C:x",
    "a\x00b",
    "\ud800",
    "é",
    "x" * 500,
    "-rf",
    ".hidden",
]


def test_a_plain_name_is_its_own_file_name() -> None:
    assert file_stem("cas01.corp.example", set()) == "cas01.corp.example"


@pytest.mark.parametrize("name", [*STRANGE, "con", "NUL.corp.example", "com1", "ends.with.dot."])
def test_a_strange_name_becomes_a_file_name_that_any_system_takes(name: str) -> None:
    stem = file_stem(name, set())

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,150}", stem)
    assert not stem.endswith(".")
    assert stem.partition(".")[0].casefold() not in ("con", "nul", "com1")


def test_no_two_names_share_a_file_also_where_case_does_not_count() -> None:
    taken: set[str] = set()
    names = [*STRANGE, "web 01", "web-01", "web_01", "WEB_01", "Web_01", "web\t01", "x" * 501]

    stems = [file_stem(name, taken) for name in names]

    assert len({stem.casefold() for stem in stems}) == len(names)


def test_even_a_name_that_is_given_twice_gets_two_files() -> None:
    taken: set[str] = set()

    assert len({file_stem("a", taken), file_stem("a", taken), file_stem("a", taken)}) == 3


def test_the_id_of_a_rule_shows_the_check_where_45_characters_are_enough() -> None:
    assert rule_id("ssl-offloaded-set") == "xccdf_auditor_rule_ssl-offloaded-set"


@pytest.mark.parametrize("check", [*STRANGE, "c" * 27])
def test_the_id_of_a_rule_is_an_xml_name_of_at_most_45_characters(check: str) -> None:
    assert re.fullmatch(r"xccdf_auditor_rule_[A-Za-z0-9._-]+", rule_id(check))
    assert len(rule_id(check)) <= 45


def test_checks_that_differ_only_where_the_id_is_cut_have_different_ids() -> None:
    ids = {rule_id("c" * 60 + end) for end in ("a", "b", "c" * 300)} | {rule_id("a b"), rule_id("a-b"), rule_id("a\tb")}

    assert len(ids) == 6


@pytest.mark.parametrize("policy", STRANGE)
def test_the_id_of_a_benchmark_is_an_xml_name(policy: str) -> None:
    assert re.fullmatch(r"xccdf_auditor_benchmark_[A-Za-z0-9._-]+", benchmark_id(policy))


def test_a_target_is_never_longer_than_stig_manager_takes() -> None:
    assert len(target("x" * 10_000)) <= 255
    assert target("cas01") == "cas01"
    assert " " in target(FLEET), "no server can have the name"
