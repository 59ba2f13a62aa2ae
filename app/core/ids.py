"""Ids and times: UUIDv7 (RFC 9562), so that a row's id contains its age and sorts by it."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def now() -> datetime:
    """Return the time in UTC, with its zone."""
    return datetime.now(UTC)


def created_at(identifier: UUID) -> datetime:
    """Return the time inside a UUIDv7, to the millisecond."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
