"""Weeks, and how few say nothing; for the api and for workers."""

from datetime import UTC, datetime, timedelta

from app.core.ids import now

FEW_PATIENTS = 10
"""Patients that a week needs before it is compared."""
FEW_REFERENCE = 20
"""Patients that a version saw first; fewer are no reference."""
WEEK = timedelta(days=7)


def last_week() -> datetime:
    """The Monday, 0:00 UTC, of the last week that is over."""
    day = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday()) - WEEK
