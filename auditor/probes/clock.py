"""Times as Windows gives them -> FILETIME integers (100 ns since 1601-01-01 UTC), and back to text. Pure."""

import re
from datetime import UTC, datetime, timedelta

from auditor.model.moment import show_moment

SECOND = 10_000_000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DMTF = re.compile(r"(\d{14})\.(\d{6})([+-]\d{3})")


def from_dmtf(text: str) -> int | None:
    """Return a CIM date-time (`yyyymmddHHMMSS.mmmmmm±UUU`, UUU minutes from UTC; DSP0004 5.2.4), None if not exact."""
    found = _DMTF.fullmatch(text)
    if found is None:
        return None
    try:
        local = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    since = local - timedelta(minutes=int(found[3])) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + int(found[2]) * 10


def show_filetime(filetime: int) -> str:
    """Return `2026-11-23T02:30:00Z`."""
    return show_moment(_EPOCH + timedelta(seconds=filetime // SECOND))
