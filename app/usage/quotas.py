"""Limits on the bytes of one person and of the site; the refusal says what to do."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.core.settings import MIB, Settings
from app.jobs.quotas import over
from app.usage.records import used_bytes

RETRY_STORED = 3600


def require_bytes(session: Session, settings: Settings, person: UUID, more: int) -> None:
    """Refuse bytes that would exceed what a person, or the site, may have stored.

    Args:
        more: bytes to be added.

    Raises:
        Problem: 413 more than the person may store in all, 429 with ``Retry-After`` too much
            together with what is stored, 507 the site is full.
    """
    limit = settings.stored_bytes_per_person
    if limit and more > limit:
        raise Problem(
            413,
            "larger-than-quota",
            f"One person may keep {limit // MIB:,} MiB here, and this alone is larger. Send it in "
            "parts, or ask your administrator for more room.",
        )
    if limit and (used := used_bytes(session, person)) + more > limit:
        raise over(
            "too-much-stored",
            f"You have {used // MIB:,} of the {limit // MIB:,} MiB that one person may keep here, "
            "exports and archives that you sent included. Delete some of it, or ask your "
            "administrator for more room.",
            RETRY_STORED,
        )
    if settings.stored_bytes and used_bytes(session) + more > settings.stored_bytes:
        raise Problem(
            507,
            "site-full",
            "This site keeps as much as its administrator allows. Nothing of this was kept; send "
            "it again when room was made.",
        )
