"""Times as callers send them."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator


def storable(at: datetime) -> datetime:
    """Return the time, if both databases can store it and every zone can show it.

    Raises:
        ValueError: it has no zone, or is too close to the limits of the calendar.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    if not 1970 <= at.year <= 9000:
        raise ValueError("the year must be between 1970 and 9000")
    return at


def _written(value: object) -> object:
    if isinstance(value, int | float) or (isinstance(value, str) and "T" not in value.upper()):
        raise ValueError("write the time as in 2026-01-31T12:00:00Z")
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(storable)]
"""RFC 3339 as documented, not a number of seconds, which pydantic would accept as well."""
