"""A moment as text: the one spelling in runs, evidence, history and messages."""

from datetime import UTC, datetime


def show_moment(moment: datetime) -> str:
    """Return an aware moment in UTC, ISO 8601 with `Z`, whole seconds: `2026-11-23T02:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
