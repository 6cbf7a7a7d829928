from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auditor.history.records import Interval, Seen, epoch, moment_of
from auditor.history.summary import FLAPPING, check_histories, flips, history_of
from auditor.model.finding import Verdict

P, F, E, W = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.WARN


def intervals(*states: tuple[Verdict, str, int], host: str = "hall") -> list[Interval]:
    made, run = [], 1
    for verdict, actual, count in states:
        made.append(
            Interval(
                host=host,
                policy="lights",
                check="kitchen",
                verdict=verdict,
                actual=actual,
                reason="",
                waiver="",
                first=Seen(run=f"run-{run}", at=f"{run:03}"),
                last=Seen(run=f"run-{run + count - 1}", at=f"{run + count - 1:03}"),
                count=count,
                current=False,
            )
        )
        run += count
    return made


def test_a_verdict_holds_since_the_first_run_of_its_row_and_a_value_since_its_own():
    told = history_of(intervals((P, "1", 5), (F, "2", 3), (F, "3", 2)))

    assert (told.since.run, told.value_since.run, told.last.run) == ("run-6", "run-9", "run-10")
    assert (told.runs, told.judged, told.flips) == (5, 10, 1)


def test_a_waiver_that_comes_or_goes_is_no_other_value():
    first, second = intervals((F, "1", 3), (F, "1", 2))

    told = history_of([first, replace(second, waiver="w-7")])

    assert (told.value_since.run, told.waiver) == ("run-1", "w-7")


def test_another_value_with_the_same_verdict_is_no_flip():
    assert history_of(intervals((F, "1", 1), (F, "2", 1), (F, "3", 1))).flips == 0


def test_not_known_is_no_flip():
    assert flips([P, E, P, E, P]) == 0
    assert flips([P, E, F, E, F]) == 1


def test_three_flips_in_ten_runs_are_flapping_and_two_are_not():
    assert history_of(intervals((P, "1", 50), (F, "0", 1), (P, "1", 1), (F, "0", 1))).flapping
    assert not history_of(intervals((P, "1", 50), (F, "0", 1), (P, "1", 1))).flapping


def test_flips_that_are_long_past_are_no_flapping():
    told = history_of(intervals((P, "1", 1), (F, "0", 1), (P, "1", 1), (F, "0", 1), (P, "1", 10)))

    assert (told.flips, told.recent_flips, told.flapping) == (4, 0, False)


def test_each_server_has_its_own_history():
    told = list(check_histories([*intervals((P, "1", 1)), *intervals((F, "0", 1), (P, "1", 1), host="barn")]))

    assert [(each.host, each.flips) for each in told] == [("hall", 0), ("barn", 1)]


@given(st.lists(st.tuples(st.sampled_from([P, F, W, E]), st.integers(1, 12)), min_size=1))
def test_flapping_is_what_the_newest_ten_verdicts_say(states):
    told = history_of(intervals(*((verdict, "x", count) for verdict, count in states)))
    verdicts = [verdict for verdict, count in states for _ in range(count)]

    assert told.recent_flips == flips(verdicts[-10:])
    assert told.flapping == (flips(verdicts[-10:]) >= FLAPPING)
    assert told.judged == len(verdicts)


@given(st.integers(0, 4_000_000_000))
def test_moments_are_seconds_in_utc(seconds):
    assert epoch(moment_of(seconds)) == seconds
