"""Times: ISO 8601 text, FILETIME and the text WMI prints are the same moment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.lab.clock import to_dmtf, to_filetime, to_minutes

MOMENTS = st.datetimes(min_value=datetime(1601, 1, 2), max_value=datetime(9999, 12, 30))  # noqa: DTZ001  hypothesis wants naive bounds
OFFSETS = st.integers(min_value=-14 * 60, max_value=14 * 60)


def test_a_known_moment_is_its_known_filetime() -> None:
    assert to_filetime("1970-01-01T00:00:00Z") == 116_444_736_000_000_000


@given(moment=MOMENTS, minutes=OFFSETS)
def test_the_zone_a_time_is_written_in_does_not_change_the_moment(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))

    assert to_filetime(zoned.isoformat()) == to_filetime(moment.replace(tzinfo=UTC).isoformat())


@given(moment=MOMENTS, minutes=OFFSETS)
def test_a_dmtf_time_is_the_local_time_and_says_the_offset(moment: datetime, minutes: int) -> None:
    text = to_dmtf(to_filetime(moment.replace(tzinfo=UTC).isoformat()), minutes)

    local = datetime.strptime(text[:21].rjust(21, "0"), "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC)
    assert len(text) == 25
    assert local - timedelta(minutes=int(text[21:])) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "minutes"), [("+01:00", 60), ("-03:30", -210), ("+00:00", 0)])
def test_an_offset_is_minutes_east_of_utc(text: str, minutes: int) -> None:
    assert to_minutes(text) == minutes
