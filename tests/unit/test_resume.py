"""Resuming: what is whole is taken over, everything else is asked again."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from auditor.model.answer import Absent, Failed, NotAsked, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.resume import resume_plan, resuming

HALL, CELLAR = Question(kind="light", parameters=(("room", "hall"),)), Question(kind="light")


def plan(name: str, *questions: Question) -> Planned:
    server = Server(name=name, groups=("now",), connection=Connection(address=name))
    return Planned(server=server, policies=("p",), inputs={"i": 2}, questions=questions or (HALL,))


def stored(name: str, status: Status = Status.REACHED) -> Evidence:
    answers = {} if status is Status.UNREACHABLE else {HALL: Observed(data=name)}
    return Evidence(
        server=name, policies=("old",), inputs={"i": 1}, status=status, collected="then", collector="",
        transport="test", answers=answers,
    )  # fmt: skip


def split(evidence: Iterable[Evidence], planned: Iterable[Planned]) -> tuple[list[Evidence], tuple[Planned, ...]]:
    taken, plans = [], resume_plan(evidence, planned)
    while True:
        try:
            taken.append(next(plans))
        except StopIteration as end:
            return taken, end.value


def test_servers_that_were_read_are_taken_over_and_the_others_are_asked() -> None:
    evidence = [stored("a"), stored("b", Status.UNREACHABLE), stored("c", Status.PARTIAL)]

    taken, missing = split(evidence, [plan(name) for name in "abcd"])

    assert [each.server for each in taken] == ["a"]
    assert [each.server.name for each in missing] == ["b", "c", "d"]


def test_what_is_taken_over_keeps_what_was_seen_and_when_and_is_judged_as_planned_now() -> None:
    (taken,), _ = split([stored("a")], [plan("a")])

    assert (taken.answers, taken.collected) == ({HALL: Observed(data="a")}, "then")
    assert (taken.policies, taken.inputs, taken.groups) == (("p",), {"i": 2}, ("now",))


def test_a_server_that_was_asked_something_else_is_asked_again() -> None:
    taken, missing = split([stored("a")], [plan("a", HALL, CELLAR)])

    assert (taken, [each.server.name for each in missing]) == ([], ["a"])


def test_a_server_that_was_asked_more_than_is_planned_now_is_taken_over() -> None:
    more = replace(stored("a"), answers={HALL: Absent(what="key"), CELLAR: Observed(data=1)})

    taken, missing = split([more], [plan("a")])

    assert (len(taken), missing) == (1, ())


def test_servers_that_are_no_longer_planned_are_left_out() -> None:
    assert split([stored("gone")], []) == ([], ())


@pytest.mark.parametrize("answer", [Failed(reason="no"), NotAsked()])
def test_a_server_with_an_open_question_is_never_taken_over(answer: Failed | NotAsked) -> None:
    open_question = replace(stored("a"), status=Status.PARTIAL, answers={HALL: answer})

    assert split([open_question], [plan("a")])[0] == []


def test_the_stored_evidence_flows_before_anything_is_asked_and_is_never_held_whole() -> None:
    seen: list[str] = []

    def evidence() -> Iterator[Evidence]:
        for name in "ab":
            seen.append(f"read {name}")
            yield stored(name)

    def collecting(planned: Iterable[Planned]) -> Iterator[Evidence]:
        for each in planned:
            seen.append(f"asked {each.server.name}")
            yield stored(each.server.name)

    seen.extend(f"judged {each.server}" for each in resuming(evidence(), collecting, [plan(name) for name in "abc"]))

    assert seen == ["read a", "judged a", "read b", "judged b", "asked c", "judged c"]
