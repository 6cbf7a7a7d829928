"""Findings that nobody holds are a sequence like any other; what states findings does as their class does."""

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, replace
from operator import eq

import pytest

from auditor.model.finding import Finding, Findings, Verdict, in_order
from auditor.model.policy import Level, Severity
from auditor.model.stating import stating
from auditor.model.waiver import WaiverMark

MARK = WaiverMark(id="w-1", owner="ann", reason="moving", ticket="", expires="2026-12-24")


def finding(host: str) -> Finding:
    return Finding(
        host=host,
        policy="lights",
        check="hall",
        title="The light is on",
        level=Level.WARNING,
        severity=Severity.LOW,
        verdict=Verdict.WARN,
        expected="on is true",
        actual="off",
        reason="it is off",
        reference="Step 1",
        remediation="Switch it on.",
        questions=("light|room=hall",),
        waiver=MARK,
    )


HELD = tuple(finding(f"cas{number:02}") for number in range(5))


def begin() -> Iterator[Finding]:
    return iter(HELD)


MADE = Findings(begin, len(HELD))


def test_they_are_equal_to_the_same_findings_however_these_are_held() -> None:
    assert MADE == HELD
    assert HELD == MADE
    assert list(HELD) == MADE
    assert Findings(begin, len(HELD)) == MADE


@pytest.mark.parametrize("other", [HELD[1:], (*HELD, HELD[0]), HELD[::-1], (), "cas00", None, 5])
def test_they_are_equal_to_nothing_else(other: object) -> None:
    assert other != MADE
    assert not eq(MADE, other)


def test_one_is_taken_by_its_place_and_several_by_theirs() -> None:
    assert (MADE[0], MADE[3], MADE[-1]) == (HELD[0], HELD[3], HELD[-1])
    assert MADE[1:3] == HELD[1:3]
    assert MADE[::-2] == HELD[::-2]


@pytest.mark.parametrize("place", [5, -6])
def test_there_is_nothing_beyond_the_last(place: int) -> None:
    with pytest.raises(IndexError):
        MADE[place]


def test_each_is_changed_whenever_one_goes_through_them() -> None:
    changed = MADE.each(lambda one: replace(one, waiver=None))

    assert changed == tuple(replace(one, waiver=None) for one in HELD)
    assert changed == tuple(replace(one, waiver=None) for one in HELD)
    assert MADE == HELD


def test_they_are_in_order_without_being_looked_at() -> None:
    def never() -> Iterator[Finding]:
        raise AssertionError("they were gone through")

    unseen = Findings(never, 1)

    assert in_order(unseen) is unseen


def test_they_have_no_hash_like_every_sequence_that_may_be_long() -> None:
    with pytest.raises(TypeError):
        hash(MADE)


def test_what_states_findings_makes_the_same_as_their_class() -> None:
    whole = finding("cas01")
    own = ("host", "verdict", "actual", "reason", "questions", "waiver")
    shared = {field.name: getattr(whole, field.name) for field in fields(Finding) if field.name not in own}

    stated = stating(**shared)("cas01", Verdict.WARN, "off", "it is off", ("light|room=hall",), MARK)

    assert stated == whole
    assert hash(stated) == hash(whole)
    with pytest.raises(FrozenInstanceError):
        stated.host = "cas02"  # type: ignore[misc]  # that is what is tested
