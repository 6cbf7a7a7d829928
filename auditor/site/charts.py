"""Charts as geometry, which the templates draw as SVG: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.history.records import StoredRun, Trend
from auditor.history.summary import CheckHistory
from auditor.model.finding import Standing
from auditor.site.standing import stands

RUNS_CHARTED = 366
"""How many of the newest runs a chart shows."""

RUNS_IN_STRIP = 90
"""How many of the newest runs the strip of a check shows."""

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 960, 240, 56, 12, 28
_TICKS = 4
_STACKED = (Standing.FAIL, Standing.ERROR, Standing.WARN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """What the fleet, or one policy, came to by a run; waived ones are counted by their verdict, too."""

    run: str
    at: str
    counts: Mapping[str, int]
    waived: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A rectangle: where it stands, how big it is, and the standing whose colour it has."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """A text at a place of an axis."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Stacked bars, a line of what is waived, and their axes; `text` says the same for those who do not see it."""

    width: int
    height: int
    left: int
    floor: int
    bars: tuple[Bar, ...]
    line: str
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    text: str


def fleet_points(trend: Iterable[Trend]) -> list[Point]:
    """Return what all policies together had come to by each run: a run that judged some says nothing of the others."""
    newest: dict[str, Trend] = {}
    points: dict[str, Point] = {}
    for each in sorted(trend, key=lambda each: (each.started, each.run, each.policy)):
        newest[each.policy] = each
        points[each.run] = _point(each, newest.values())
    return list(points.values())


def policy_points(trend: Iterable[Trend], policy: str) -> list[Point]:
    """Return what one policy came to in each run that judged it."""
    return [_point(each, [each]) for each in trend if each.policy == policy]


def trend_chart(points: Sequence[Point]) -> Chart:
    """Return the chart of what deviated and was not known, for the newest runs; there is at least one."""
    shown = points[-RUNS_CHARTED:]
    top = _nice(max(max(_height(point), point.waived) for point in shown))
    step = (_WIDTH - _LEFT) / len(shown)
    scale = (_HEIGHT - _TOP - _BOTTOM) / top
    floor = _HEIGHT - _BOTTOM
    bars = [bar for place, point in enumerate(shown) for bar in _stack(point, _LEFT + place * step, step, scale, floor)]
    spots = [(_LEFT + (place + 0.5) * step, floor - point.waived * scale) for place, point in enumerate(shown)]
    return Chart(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        floor=floor,
        bars=tuple(bars),
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in spots) if any(point.waived for point in shown) else "",
        rows=tuple(
            Label(at=round(floor - top * part / _TICKS * scale, 1), text=f"{top * part // _TICKS:,}")
            for part in range(_TICKS + 1)
        ),
        columns=_dates(shown, step),
        text=_said(shown),
    )


def strip(each: CheckHistory, places: Mapping[str, int]) -> tuple[Bar, ...]:
    """Return the newest runs of a check as bars of one row; `places` numbers all runs, and one run is one unit wide."""
    first = max(len(places) - RUNS_IN_STRIP, 0)
    bars: list[Bar] = []
    for interval in each.intervals:
        # a run that was stored after the runs were listed is not shown
        begin = max(places.get(interval.first.run, len(places)), first)
        end = places.get(interval.last.run, len(places) - 1) + 1
        if end <= begin:
            continue
        look = stands(interval).value
        if bars and bars[-1].look == look and bars[-1].x + bars[-1].width == begin - first:
            last = bars.pop()
            begin -= int(last.width)
        bars.append(Bar(x=begin - first, y=0, width=end - begin, height=1, look=look))
    return tuple(bars)


def places_of(runs: Iterable[StoredRun]) -> Mapping[str, int]:
    """Return the place of each run in the order of time."""
    return {run.id: place for place, run in enumerate(runs)}


def _point(run: Trend, policies: Iterable[Trend]) -> Point:
    told = list(policies)
    counts = {stands_.value: sum(each.counts[stands_.value] for each in told) for stands_ in _STACKED}
    return Point(run=run.run, at=run.started, counts=counts, waived=sum(each.waived for each in told))


def _height(point: Point) -> int:
    return sum(point.counts.values())


def _stack(point: Point, x: float, width: float, scale: float, floor: float) -> Iterable[Bar]:
    y = floor
    for each in _STACKED:
        if number := point.counts[each.value]:
            y -= number * scale
            # bars that touch become one area; a gap would make a year of them a grey haze
            gap = 1.0 if width > 6 else 0.0
            yield Bar(
                x=round(x, 2),
                y=round(y, 2),
                width=round(width - gap, 2),
                height=round(number * scale, 2),
                look=each.value,
            )


def _nice(number: int) -> int:
    """Return a number at least as big that divides well by the ticks."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if number <= step * size * _TICKS:
                return step * size * _TICKS
        size *= 10


def _dates(points: Sequence[Point], step: float) -> tuple[Label, ...]:
    chosen = sorted({0, len(points) // 2, len(points) - 1})
    return tuple(Label(at=round(_LEFT + (place + 0.5) * step, 1), text=points[place].at[:10]) for place in chosen)


def _said(points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    if len(points) == 1:
        return f"One run, {_day(first)}: {_counted(first)}."
    return (
        f"{len(points)} runs from {_day(first)} to {_day(last)}; at first {_counted(first)}; at last {_counted(last)}."
    )


def _day(point: Point) -> str:
    return point.at[:10]


def _counted(point: Point) -> str:
    fail, error, warn = (point.counts[each.value] for each in _STACKED)
    return f"{fail:,} fail, {error:,} not known, {warn:,} warn, {point.waived:,} of these waived"
