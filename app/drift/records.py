"""Weeks, and the least data to judge them; for the api and for workers."""

from datetime import UTC, datetime, timedelta

from app.core.ids import now

FEW_PATIENTS = 10
"""Fewest patients that a week needs to be compared."""
FEW_REFERENCE = 20
"""Fewest patients, of those that a version saw first, that make a reference."""
WEEK = timedelta(days=7)


def last_week() -> datetime:
    """Return the Monday, 0:00 UTC, of the last complete week."""
    day = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday()) - WEEK
