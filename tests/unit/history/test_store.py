"""What history promises, on SQLite and on PostgreSQL alike."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from auditor.errors import ExitCode
from auditor.history.records import Interval, RunState, StoreError
from auditor.history.store import Store, open_store
from auditor.history.summary import check_histories
from auditor.model.evidence import Evidence
from auditor.model.finding import Verdict
from auditor.model.run import Run

Night = Callable[..., Run]
EvidenceOf = Callable[[Run], list[Evidence]]


def told(interval: Interval) -> tuple[str, str, str, str, int, bool]:
    return (
        interval.host,
        interval.actual,
        interval.first.at[8:10],
        interval.last.at[8:10],
        interval.count,
        interval.current,
    )


def failing_evidence() -> Iterator[Evidence]:
    raise RuntimeError("the line is damaged")
    yield


def test_what_stays_the_same_is_one_interval_however_many_nights_it_lasts(store: Store, night: Night):
    for day in (1, 2, 3):
        store.record(night(day, {"hall": {"kitchen": "on"}}), [])

    assert [told(each) for each in store.history()] == [("hall", "on", "01", "03", 3, True)]


def test_intervals_come_by_server_or_by_check(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on", "attic": "on"}, "barn": {"kitchen": "on", "attic": "on"}}), [])
    store.record(night(2, {"hall": {"kitchen": "on", "attic": "off"}, "barn": {"kitchen": "on", "attic": "on"}}), [])

    by_check = [(each.check, each.host, each.actual) for each in store.history(by_check=True)]

    assert by_check == [
        ("attic", "barn", "on"), ("attic", "hall", "on"), ("attic", "hall", "off"), ("kitchen", "barn", "on"),
        ("kitchen", "hall", "on"),
    ]  # fmt: skip
    assert [each.host for each in store.history()] == ["barn", "barn", "hall", "hall", "hall"]


def test_a_change_closes_an_interval_and_opens_another(store: Store, night: Night):
    for day, light in enumerate(["on", "on", "off", "off", "dim"], start=1):
        store.record(night(day, {"hall": {"kitchen": light}}), [])

    assert [told(each) for each in store.history()] == [
        ("hall", "on", "01", "02", 2, False),
        ("hall", "off", "03", "04", 2, False),
        ("hall", "dim", "05", "05", 1, True),
    ]


def test_a_waiver_is_part_of_the_state(store: Store, night: Night):
    lights = {"hall": {"kitchen": "off"}}
    store.record(night(1, lights), [])
    store.record(night(2, lights, waived={("hall", "kitchen"): "w-1"}), [])

    first, second = store.history()

    assert (first.waiver, second.waiver) == ("", "w-1")
    assert first.verdict is second.verdict is Verdict.FAIL


def test_a_run_of_other_servers_neither_ends_nor_lengthens_an_interval(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on"}}), [])
    store.record(night(2, {"barn": {"kitchen": "on"}}), [])

    assert [told(each) for each in store.history()] == [
        ("barn", "on", "02", "02", 1, True),
        ("hall", "on", "01", "01", 1, True),
    ]


def test_a_check_that_is_gone_from_the_policy_ended_with_the_last_run_that_judged_it(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on", "attic": "off"}}), [])
    store.record(night(2, {"hall": {"kitchen": "on"}}), [])

    assert [told(each) for each in store.history(check="attic")] == [("hall", "off", "01", "01", 1, False)]


def test_runs_that_are_stored_late_take_their_place_among_the_others(store_url: str, night: Night):
    lights = ["on", "off", "on", "on"]
    nights = [
        night(day, {"hall": {"kitchen": light}, "barn": {"kitchen": "on"}}) for day, light in enumerate(lights, 1)
    ]
    expected = [
        ("barn", "on", "01", "04", 4, True),
        ("hall", "on", "01", "01", 1, False),
        ("hall", "off", "02", "02", 1, False),
        ("hall", "on", "03", "04", 2, True),
    ]

    for number, order in enumerate(list(permutations(nights))[::5]):
        with open_store(store_url) as store:
            for run in order:
                fresh = {host.name: f"{host.name}-{number}" for host in run.hosts}
                store.record(
                    replace(
                        run,
                        id=f"{run.id}{number}",
                        hosts=tuple(replace(host, name=fresh[host.name]) for host in run.hosts),
                        findings=tuple(replace(one, host=fresh[one.host]) for one in run.findings),
                    ),
                    [],
                )
            found = [told(each) for host in ("barn", "hall") for each in store.history(host=f"{host}-{number}")]

        assert [(host.partition("-")[0], *rest) for host, *rest in found] == expected


def test_two_runs_that_began_in_the_same_second_are_two(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on"}}), [])
    store.record(night(1, {"hall": {"kitchen": "off"}}, suffix="bbbb"), [])

    assert [run.id[-4:] for run in store.runs()] == ["aaaa", "bbbb"]
    assert [told(each)[1] for each in store.history()] == ["on", "off"]


def test_a_stored_run_is_never_changed(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on"}}), [])

    with pytest.raises(StoreError, match="stored already") as caught:
        store.record(night(1, {"hall": {"kitchen": "off"}}), [])

    assert caught.value.exit_code is ExitCode.USAGE
    assert [told(each)[1] for each in store.history()] == ["on"]


def test_an_interrupted_run_may_be_stored_again_with_more_in_it(store: Store, night: Night, evidence_of: EvidenceOf):
    half = night(1, {"hall": {"kitchen": "off"}}, interrupted=True)
    whole = night(1, {"hall": {"kitchen": "on"}, "barn": {"kitchen": "on"}})
    store.record(half, evidence_of(half))
    assert store.runs()[0].state is RunState.INTERRUPTED

    store.record(whole, evidence_of(whole))

    assert [told(each)[:2] for each in store.history()] == [("barn", "on"), ("hall", "on")]
    assert [run.state for run in store.runs()] == [RunState.COMPLETE]
    assert list(store.evidence(whole.id)) == evidence_of(whole)


def test_evidence_that_breaks_off_leaves_nothing_of_the_run(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on"}}), [])

    with pytest.raises(RuntimeError, match="damaged"):
        store.record(night(2, {"hall": {"kitchen": "off"}}), failing_evidence())

    assert [run.id for run in store.runs()] == [night(1, {}).id]
    assert [told(each) for each in store.history()] == [("hall", "on", "01", "01", 1, True)]


def test_a_run_is_told_with_its_dates_in_utc_and_what_it_came_to(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on"}}), [])

    (run,) = store.runs()

    assert (run.started, run.finished) == ("2026-11-01T02:00:00Z", "2026-11-01T02:10:00Z")
    assert (run.state, run.servers_judged, run.checks_planned, run.exit_code) == (RunState.COMPLETE, 1, 1, 0)


def test_a_run_is_running_while_it_runs_and_interrupted_when_it_stores_nothing(store: Store, night: Night):
    with store.begin_run("20261101T020000Z-aaaa", "2026-11-01T02:00:00Z"):
        during = store.runs()
    after = store.runs()
    with pytest.raises(KeyboardInterrupt), store.begin_run("20261102T020000Z-aaaa", "2026-11-02T02:00:00Z"):
        raise KeyboardInterrupt
    with store.begin_run("20261103T020000Z-aaaa", "2026-11-03T02:00:00Z"):
        store.record(night(3, {"hall": {"kitchen": "on"}}), [])

    assert [run.state for run in during] == [RunState.RUNNING]
    assert [run.state for run in after] == [RunState.INTERRUPTED]
    assert [(run.state, run.exit_reason) for run in store.runs()] == [
        (RunState.INTERRUPTED, "it ended without a result"),
        (RunState.INTERRUPTED, "KeyboardInterrupt"),
        (RunState.COMPLETE, "as it was"),
    ]


def test_a_run_that_another_one_is_making_is_refused(store_url: str, store: Store):
    with (
        store.begin_run("20261101T020000Z-aaaa", "2026-11-01T02:00:00Z"),
        open_store(store_url) as second,
        pytest.raises(StoreError, match="being made by another"),
        second.begin_run("20261101T020000Z-aaaa", "2026-11-01T02:00:00Z"),
    ):
        pytest.fail("the run was begun twice")


def test_evidence_comes_back_exactly(store: Store, night: Night, evidence_of: EvidenceOf):
    nights = [
        night(day, {"hall": {"kitchen": light, "attic": "on"}}) for day, light in ((1, "on"), (2, "off"), (3, "off"))
    ]
    for run in nights:
        store.record(run, evidence_of(run))

    for run in nights:
        assert list(store.evidence(run.id)) == evidence_of(run)


def test_evidence_that_changes_in_most_of_its_answers_comes_back_exactly(
    store: Store, night: Night, evidence_of: EvidenceOf
):
    rooms = [f"room-{number}" for number in range(40)]
    nights = [night(day, {"hall": {room: f"{day % 2}-{room}" for room in rooms[: 30 + day]}}) for day in range(1, 6)]
    for run in nights:
        store.record(run, evidence_of(run))

    for run in nights:
        assert list(store.evidence(run.id)) == evidence_of(run)


def test_evidence_of_a_run_that_is_not_there_is_refused(store: Store):
    with pytest.raises(StoreError, match="no evidence of a run 'nothing'"):
        list(store.evidence("nothing"))


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\x01plain", "line\nnext\x1b[31m", "ä漢🙂", "x" * 100_000])
def test_any_text_from_a_server_comes_back_exactly(store: Store, night: Night, evidence_of: EvidenceOf, text: str):
    run = night(1, {"hall": {"kitchen": text}})

    store.record(run, evidence_of(run))

    assert [each.actual for each in store.history()] == [text]
    assert list(store.evidence(run.id)) == evidence_of(run)


def test_a_great_many_texts_from_servers_come_back_exactly(store: Store, night: Night, evidence_of: EvidenceOf):
    awkward = "\\N \t \x00 \n \ud800 \x01"
    run = night(1, {"hall": {f"room-{number:04}\t\\N": f"{awkward}{number}" for number in range(1200)}})

    store.record(run, evidence_of(run))

    assert {each.check: each.actual for each in store.history()} == {one.check: one.actual for one in run.findings}
    assert list(store.evidence(run.id)) == evidence_of(run)


def test_trends_count_each_policy_in_each_run(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on", "attic": "off"}}, waived={("hall", "attic"): "w-1"}), [])
    store.record(night(2, {"hall": {"kitchen": "?", "attic": "on"}}), [])

    first, second = store.trend("lights")

    assert (first.counts["pass"], first.counts["fail"], first.counts["error"], first.waived) == (1, 1, 0, 1)
    assert (second.counts["pass"], second.counts["fail"], second.counts["error"], second.waived) == (1, 0, 1, 0)
    assert store.trend("other") == ()


def test_history_can_be_asked_of_one_server_one_check_or_one_policy(store: Store, night: Night):
    store.record(night(1, {"hall": {"kitchen": "on", "attic": "on"}, "barn": {"kitchen": "on"}}), [])

    assert {(each.host, each.check) for each in store.history(host="hall")} == {("hall", "kitchen"), ("hall", "attic")}
    assert {(each.host, each.check) for each in store.history(check="kitchen")} == {
        ("hall", "kitchen"),
        ("barn", "kitchen"),
    }
    assert list(store.history(policy="other")) == []
    assert store.names().hosts == {"hall", "barn"}


def test_flapping_is_told_from_what_is_stored(store: Store, night: Night):
    for day, light in enumerate(["on"] * 5 + ["off", "on", "off", "?", "off", "off"], start=1):
        store.record(night(day, {"hall": {"kitchen": light}}), [])

    (history,) = check_histories(store.history())

    assert (history.verdict, history.since.at[8:10], history.runs) == (Verdict.FAIL, "10", 2)
    assert (history.flips, history.recent_flips, history.flapping, history.judged) == (3, 3, True, 11)


def nights_with_changes(store: Store, night: Night, evidence_of: EvidenceOf) -> list[Run]:
    waived = {("hall", "attic"): "w-1"}
    runs = [
        night(1, {"hall": {"kitchen": "off", "attic": "off"}}),
        night(2, {"hall": {"kitchen": "dim", "attic": "off"}}),
        night(3, {"hall": {"kitchen": "on", "attic": "off"}}, waived=waived),
        night(4, {"hall": {"kitchen": "blue", "attic": "off"}}, waived=waived),
        night(5, {"hall": {"kitchen": "on", "attic": "off"}}, waived=waived),
    ]
    for run in runs:
        store.record(run, evidence_of(run))
    return runs


def states(store: Store) -> list[RunState]:
    return [run.state for run in store.runs()]


def test_pruning_removes_what_only_old_runs_rest_on(store: Store, night: Night, evidence_of: EvidenceOf):
    runs = nights_with_changes(store, night, evidence_of)

    pruned = store.prune(datetime(2026, 11, 5, tzinfo=UTC))

    assert pruned.runs == (runs[0].id, runs[1].id, runs[3].id)
    assert (pruned.intervals, pruned.states, pruned.answers) == (4, 3, 2)
    for gone in pruned.runs:
        with pytest.raises(StoreError, match="pruned"):
            list(store.evidence(gone))


def test_pruning_keeps_the_newest_run_and_where_a_waiver_in_force_began(
    store: Store, night: Night, evidence_of: EvidenceOf
):
    runs = nights_with_changes(store, night, evidence_of)

    store.prune(datetime(2027, 11, 5, tzinfo=UTC))

    assert states(store) == [RunState.PRUNED, RunState.PRUNED, RunState.COMPLETE, RunState.PRUNED, RunState.COMPLETE]
    assert list(store.evidence(runs[2].id)) == evidence_of(runs[2])
    assert list(store.evidence(runs[4].id)) == evidence_of(runs[4])


def test_pruning_keeps_a_baseline_whole(store: Store, night: Night, evidence_of: EvidenceOf):
    runs = nights_with_changes(store, night, evidence_of)

    store.prune(datetime(2027, 11, 5, tzinfo=UTC), protected={runs[1].id})

    assert list(store.evidence(runs[1].id)) == evidence_of(runs[1])
    kitchen = [each.actual for each in store.history(check="kitchen")]
    assert kitchen == ["dim", "on", "on"]
    assert store.runs()[1].state is RunState.COMPLETE


def test_pruning_leaves_since_when_how_often_and_the_trend_as_they_were(
    store: Store, night: Night, evidence_of: EvidenceOf
):
    nights_with_changes(store, night, evidence_of)
    before, trend = list(store.history()), store.trend()

    store.prune(datetime(2026, 11, 5, tzinfo=UTC))

    kept = list(store.history())
    assert [each for each in before if each in kept] == kept
    assert [told(each)[1:] for each in kept if each.check == "attic"] == [("off", "03", "05", 3, True)]
    assert store.trend() == trend


def test_after_pruning_the_next_night_is_stored_as_ever(store: Store, night: Night, evidence_of: EvidenceOf):
    nights_with_changes(store, night, evidence_of)
    store.prune(datetime(2027, 11, 5, tzinfo=UTC))

    run = night(6, {"hall": {"kitchen": "off", "attic": "off"}, "barn": {"kitchen": "off"}})
    store.record(run, evidence_of(run))

    assert list(store.evidence(run.id)) == evidence_of(run)
    assert told(list(store.history(host="hall", check="kitchen"))[-1]) == ("hall", "off", "06", "06", 1, True)


def test_pruning_nothing_changes_nothing(store: Store, night: Night, evidence_of: EvidenceOf):
    nights_with_changes(store, night, evidence_of)

    assert store.prune(datetime(2026, 1, 1, tzinfo=UTC)).runs == ()
    assert set(states(store)) == {RunState.COMPLETE}
