"""The pure parts of the site: names, what changed, charts, strips, the register."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.history.records import Interval, Seen, Trend
from auditor.history.summary import CheckHistory, history_of
from auditor.model.finding import Verdict
from auditor.model.waiver import WaiverMark
from auditor.site.changes import MOST_CHANGES, Kind, Night, add_changes
from auditor.site.charts import RUNS_CHARTED, RUNS_IN_STRIP, Bar, fleet_points, policy_points, strip, trend_chart
from auditor.site.names import page_name
from auditor.site.register import Register
from auditor.site.standing import tally, worst_first

P, F, E, W, N = Verdict.PASS, Verdict.FAIL, Verdict.ERROR, Verdict.WARN, Verdict.NOT_APPLICABLE
State = tuple[Verdict, int] | tuple[Verdict, int, str]


def history(*states: State, host: str = "hall", current: bool = True) -> CheckHistory:
    """Return the history of a check whose states, (verdict, runs, waiver), lasted one after the other from run 0 on."""
    made: list[Interval] = []
    run = 0
    for number, state in enumerate(states):
        verdict, count, waiver = (*state, "")[:3]
        is_last = number == len(states) - 1
        made.append(
            Interval(
                host=host, policy="lights", check="kitchen", verdict=verdict, actual=f"{number}", reason="",
                waiver=waiver, first=seen(run), last=seen(run + count - 1), count=count, current=current and is_last,
            )
        )  # fmt: skip
        run += count
    return history_of(made)


def seen(run: int) -> Seen:
    return Seen(run=f"run-{run}", at=f"2026-11-01T00:00:{run:02}Z")


def night(run: int, fail: int = 0, *, waived: int = 0, policy: str = "lights") -> Trend:
    counts = {verdict.value: 0 for verdict in Verdict} | {"fail": fail}
    return Trend(
        policy=policy, run=f"run-{run}", started=f"2026-11-01T00:{run // 60:02}:{run % 60:02}Z", version="1",
        digest="d", counts=counts, waived=waived,
    )  # fmt: skip


@given(st.text(), st.text())
def test_a_page_s_name_is_safe_and_its_own(one: str, other: str) -> None:
    names = [page_name(text) for text in (one, other)]

    for name in names:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+\.html", name)
        assert len(name) <= 90
    assert (names[0] == names[1]) == (one == other)


def test_names_that_differ_in_capitals_alone_have_different_pages() -> None:
    assert page_name("CAS01").lower() != page_name("cas01").lower()
    assert page_name("a", "b-c") != page_name("a-b", "c")


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ([(P, 1), (F, 1)], Kind.DEVIATES),
        ([(N, 1), (W, 1)], Kind.DEVIATES),
        ([(W, 1), (F, 1)], Kind.DEVIATES),
        ([(P, 1), (E, 1), (F, 1)], Kind.DEVIATES),
        ([(F, 1), (P, 1)], Kind.RESOLVED),
        ([(F, 1), (E, 1), (P, 1)], Kind.RESOLVED),
        ([(F, 1, "w"), (P, 1)], Kind.RESOLVED),
        ([(P, 1), (E, 1)], Kind.NOT_KNOWN),
        ([(F, 1, "w"), (E, 1)], Kind.NOT_KNOWN),
        ([(E, 1), (P, 1)], Kind.KNOWN_AGAIN),
        ([(P, 1), (E, 1), (P, 1)], Kind.KNOWN_AGAIN),
        ([(F, 1), (E, 1), (F, 1)], Kind.KNOWN_AGAIN),
        ([(F, 1), (F, 1)], Kind.ANOTHER_VALUE),
        ([(P, 1), (P, 1)], Kind.ANOTHER_VALUE),
        ([(E, 1), (E, 1)], Kind.ANOTHER_VALUE),
        ([(F, 1), (F, 1, "w")], Kind.WAIVED),
        ([(F, 1, "w"), (F, 1)], Kind.WAIVED),
        ([(F, 1, "w"), (F, 1, "v")], Kind.WAIVED),
        ([(P, 1), (N, 1)], Kind.OTHER),
        ([(F, 1), (N, 1)], Kind.OTHER),
        ([(P, 1)], Kind.FIRST),
        ([(F, 1)], Kind.FIRST),
    ],
)
def test_each_change_is_of_one_kind(states: list[State], wanted: Kind) -> None:
    nights: dict[str, Night] = {}

    add_changes(nights, history(*states))

    assert nights[f"run-{len(states) - 1}"].counted == Counter([wanted])


def test_all_changes_are_counted_and_a_few_of_each_kind_are_kept() -> None:
    nights: dict[str, Night] = {}

    for number in range(MOST_CHANGES + 50):
        add_changes(nights, history((P, 1), (F, 1), host=f"host-{number}"))

    told = nights["run-1"]
    assert told.counted[Kind.DEVIATES] == told.drifted == MOST_CHANGES + 50
    assert len(told.shown[Kind.DEVIATES]) == MOST_CHANGES
    assert nights["run-0"].drifted == 0


def test_of_what_is_judged_for_the_first_time_only_what_is_not_as_it_should_be_is_kept() -> None:
    nights: dict[str, Night] = {}

    for state in ((P, 1), (F, 1), (E, 1), (N, 1), (F, 1, "w")):
        add_changes(nights, history(state))

    told = nights["run-0"]
    assert told.counted[Kind.FIRST] == 5
    assert [change.after.verdict for change in told.shown[Kind.FIRST]] == [F, E]


def test_what_is_no_longer_judged_is_counted_by_itself_and_comes_last() -> None:
    gone, fine, waived = history((F, 2), current=False), history((P, 1), host="b"), history((F, 1, "w"), host="c")

    counted = tally([gone, fine, waived])

    assert (counted.gone, counted.bad, counted.now.total()) == (1, 0, 2)
    assert sorted([gone, fine, waived], key=worst_first) == [waived, fine, gone]


def test_a_run_that_judged_one_policy_keeps_what_is_known_of_the_others() -> None:
    trend = [night(0, 3), night(2, 1), night(1, 5, policy="doors")]

    assert [(point.run, point.counts["fail"]) for point in fleet_points(trend)] == [
        ("run-0", 3), ("run-1", 8), ("run-2", 6),
    ]  # fmt: skip
    assert [point.counts["fail"] for point in policy_points(trend, "lights")] == [3, 1]


@given(st.lists(st.tuples(st.integers(0, 2_000_000), st.integers(0, 100)), min_size=1, max_size=50))
def test_every_bar_stands_within_the_chart(counts: list[tuple[int, int]]) -> None:
    points = fleet_points([night(run, fail, waived=waived) for run, (fail, waived) in enumerate(counts)])

    chart = trend_chart(points)

    assert all(chart.left <= bar.x and bar.x + bar.width <= chart.width + 0.1 for bar in chart.bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.floor + 0.1 for bar in chart.bars)
    assert len(chart.bars) == sum(bool(fail) for fail, _ in counts)
    assert bool(chart.line) == any(waived for _, waived in counts)


def test_a_chart_of_years_shows_the_newest_runs_and_says_from_when() -> None:
    chart = trend_chart(fleet_points([night(run, 1) for run in range(1000)]))

    assert len(chart.bars) == RUNS_CHARTED
    assert chart.text.startswith(f"{RUNS_CHARTED} runs from ")


def test_a_strip_shows_each_state_for_as_long_as_it_lasted() -> None:
    places = {f"run-{number}": number for number in range(6)}

    bars = strip(history((P, 2), (P, 1), (F, 1), (F, 1, "w")), places)

    assert [(bar.look, bar.x, bar.width) for bar in bars] == [("pass", 0, 3), ("fail", 3, 1), ("waived", 4, 1)]


def test_a_strip_is_of_the_newest_runs() -> None:
    places = {f"run-{number}": number for number in range(RUNS_IN_STRIP + 10)}

    bars = strip(history((F, 5), (P, 15), (F, RUNS_IN_STRIP - 10)), places)

    assert [(bar.look, bar.x, bar.width) for bar in bars] == [("pass", 0, 10), ("fail", 10, RUNS_IN_STRIP - 10)]
    assert sum(bar.width for bar in bars) == RUNS_IN_STRIP


def test_a_run_that_was_stored_meanwhile_is_not_in_a_strip() -> None:
    bars = strip(history((P, 2), (F, 1)), {"run-0": 0, "run-1": 1})

    assert bars == (Bar(x=0, y=0, width=2, height=1, look="pass"),)


def test_the_register_tells_what_each_waiver_covers_and_covered() -> None:
    register = Register()

    for each in (
        history((F, 2), (F, 3, "w")),
        history((F, 1, "w"), (P, 1), host="barn"),
        history((F, 1, "old"), (F, 1, "w"), host="shed"),
        history((F, 4, "gone"), host="loft", current=False),
    ):
        register.add(each)

    (used,) = register.in_use({})
    assert (used.id, used.now, used.ever) == ("w", 2, 3)
    assert (used.first.run, used.last.run) == ("run-0", "run-4")
    assert [use.id for use in register.ended({})] == ["gone", "old"]


def test_the_waiver_that_ends_first_comes_first_and_one_of_which_no_end_is_known_last() -> None:
    register = Register()
    for waiver in "abc":
        register.add(history((F, 1, waiver), host=waiver))

    told = register.in_use({name: mark(name, day) for name, day in (("a", "2027-01-01"), ("c", "2026-12-31"))})

    assert [use.id for use in told] == ["c", "a", "b"]


def mark(name: str, expires: str) -> WaiverMark:
    return WaiverMark(id=name, owner="ann", reason="known", ticket="", expires=expires)
