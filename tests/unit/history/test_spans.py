"""Intervals against the plain truth: a table of which run saw which state."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from auditor.history.spans import Span, put, runs_of

SIGHTINGS = st.dictionaries(st.integers(1, 30), st.sampled_from([None, 1, 2, 3]), min_size=1).flatmap(
    lambda seen: st.permutations(list(seen.items()))
)


def spans_after(sightings: list[tuple[int, int | None]]) -> list[Span]:
    spans: list[Span] = []
    covered: list[int] = []
    for run, state in sightings:
        covered.insert(bisect_left(covered, run), run)
        spans = put(spans, covered, run, state)
    return spans


@given(SIGHTINGS)
def test_every_run_is_remembered_as_it_was_in_whatever_order_runs_arrive(sightings):
    covered = sorted(run for run, _ in sightings)

    spans = spans_after(sightings)

    told = {run: span.state for span in spans for run in runs_of(span, covered)}
    assert told == {run: state for run, state in sightings if state is not None}


@given(SIGHTINGS)
def test_the_order_in_which_runs_arrive_makes_no_difference(sightings):
    assert spans_after(sightings) == spans_after(sorted(sightings))


@given(SIGHTINGS)
def test_neighbouring_runs_with_the_same_state_are_one_interval(sightings):
    states = [state for _, state in sorted(sightings)]
    changes = sum(state is not None and (i == 0 or states[i - 1] != state) for i, state in enumerate(states))

    assert len(spans_after(sightings)) == changes


@given(SIGHTINGS)
def test_only_the_state_in_force_is_open(sightings):
    newest = max(run for run, _ in sightings)
    in_force = dict(sightings)[newest]

    opened = [span for span in spans_after(sightings) if span.last is None]

    assert [span.state for span in opened] == ([] if in_force is None else [in_force])


@given(SIGHTINGS, st.sampled_from([None, 1, 2, 3]))
def test_a_run_that_is_stored_again_replaces_what_it_said(sightings, state):
    run = sightings[0][0]
    covered = sorted(each for each, _ in sightings)

    again = put(spans_after(sightings), covered, run, state)

    assert again == spans_after([(run, state), *sightings[1:]])


def test_a_night_without_a_change_changes_no_interval():
    before = [Span(first=1, last=None, state=7)]

    assert put(before, [1, 2, 3], 3, 7) == before
