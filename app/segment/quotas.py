"""Limits on one person's waiting and stored images; the refusal says when to try again."""

from sqlalchemy import func, select

from app.accounts.access import Principal
from app.accounts.idempotency import is_known
from app.core.settings import MIB
from app.core.state import State
from app.images.tables import Image
from app.jobs.quotas import RETRY_QUEUED, over, require_place
from app.usage.quotas import RETRY_STORED, require_bytes


def require_room(state: State, principal: Principal, key: str | None, more: int = 0) -> None:
    """Refuse another upload from somebody who has too much already.

    This is checked before the upload is read, so simultaneous uploads may all pass.

    Args:
        more: bytes of the upload, as far as known.

    Raises:
        Problem: 429 with ``Retry-After``; 413 and 507 as in :func:`require_bytes`.
    """
    settings, person = state.settings, principal.user.id
    with state.database.read() as session:
        if is_known(session, principal, key):
            return  # a retry, which makes nothing new
        size = require_place(session, settings, person)
        stored = 0
        if settings.images_per_person:
            mine_stored = select(func.count()).where(Image.owner_id == person)
            stored = session.scalar(mine_stored) or 0
        require_bytes(session, settings, person, more)
    if size >= settings.queued_bytes_per_person:
        raise over(
            "too-much-queued",
            f"Your uploads that wait have {size // MIB:,} MiB, as many as one person may have "
            "waiting. Send this when some are done.",
            RETRY_QUEUED,
        )
    if settings.images_per_person and stored >= settings.images_per_person:
        raise over(
            "too-much-stored",
            f"You have {stored:,} images, as many as one person may keep here. Delete some, or "
            "ask your administrator for more room.",
            RETRY_STORED,
        )
