"""Times of a simulated server: ISO 8601 text -> FILETIME -> the text WMI prints. Pure."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_filetime(text: str) -> int:
    """Return ISO 8601 with a zone as FILETIME (100 ns since 1601-01-01 UTC); raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no zone; end it with Z or an offset such as +01:00")
    return (moment - _EPOCH) // _MICROSECOND * 10


def to_minutes(offset: str) -> int:
    """Return an offset from UTC (`+01:00`) as minutes; raises `ValueError`."""
    hours, minutes = offset[1:].split(":")
    total = int(hours) * 60 + int(minutes)
    return -total if offset.startswith("-") else total


def to_dmtf(filetime: int, utc_offset: int) -> str:
    """Return a FILETIME as a CIM date-time: `yyyymmddHHMMSS.mmmmmm` in local time, then minutes from UTC (DSP0004)."""
    local = _EPOCH + timedelta(microseconds=filetime // 10, minutes=utc_offset)
    return f"{local:%Y%m%d%H%M%S.%f}{utc_offset:+04d}"
