"""One-time links for the first admin, an invitation or a reset; each works once and expires."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.tables import LinkPurpose, OneTimeLink, User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.core.security import SiteKey, digest, new_secret
from app.core.settings import Settings

LIFETIME = {
    LinkPurpose.FIRST_ADMIN: timedelta(hours=24),
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=24),
}


def url(settings: Settings, secret: str) -> str:
    """Return the link. The secret is in the fragment, which browsers never send to a server."""
    return f"{settings.url}/ui/set-up#token={secret}"


def create(
    session: WriteSession, key: SiteKey, actor: Actor, purpose: LinkPurpose, user: User | None
) -> str:
    """Create a link; earlier ones of the same person (or for the first admin) stop working.

    Returns:
        Its secret, which is not stored.
    """
    user_id = user.id if user else None
    end_all(session, user)
    secret = new_secret()
    session.add(
        OneTimeLink(
            digest=digest(secret),
            purpose=purpose,
            user_id=user_id,
            expires_at=now() + LIFETIME[purpose],
        )
    )
    audit.record(
        session, key, actor, "link.created", "user", user_id or "first-admin", purpose=purpose
    )
    return secret


def end_all(session: WriteSession, user: User | None) -> bool:
    """Revoke the links of a person, or those for the first admin; return whether there were any."""
    user_id = user.id if user else None
    ended = delete(OneTimeLink).where(OneTimeLink.user_id == user_id)
    return bool(session.scalars(ended.returning(OneTimeLink.digest)).all())


def expiries(session: Session, user_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when these people's links expire, by person; people without a link are left out."""
    query = select(OneTimeLink.user_id, OneTimeLink.expires_at).where(
        OneTimeLink.user_id.in_(user_ids), OneTimeLink.expires_at > now()
    )
    return {user_id: at for user_id, at in session.execute(query) if user_id is not None}


def look_up(session: Session, secret: str) -> tuple[OneTimeLink, User | None]:
    """Return the link with this secret and the person it belongs to.

    Raises:
        Problem: 410 if it was used, has expired or never existed.
    """
    link = session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.digest == digest(secret), OneTimeLink.expires_at > now()
        )
    )
    user = session.get(User, link.user_id) if link and link.user_id else None
    if link is None or (user is not None and not user.active):
        raise _gone()
    return link, user


def redeem(
    session: WriteSession, secret: str, purposes: Collection[LinkPurpose]
) -> tuple[LinkPurpose, User | None]:
    """Use up a link; only one of any number of requests with it succeeds.

    Raises:
        Problem: 410 if it was used, has expired, never existed, or is for something else.
    """
    used = session.execute(
        delete(OneTimeLink)
        .where(
            OneTimeLink.digest == digest(secret),
            OneTimeLink.expires_at > now(),
            OneTimeLink.purpose.in_(purposes),
        )
        .returning(OneTimeLink.purpose, OneTimeLink.user_id)
    ).first()
    if used is None:
        raise _gone()
    user = session.get(User, used.user_id) if used.user_id else None
    if user is not None and not user.active:
        raise _gone()
    return LinkPurpose(used.purpose), user


def _gone() -> Problem:
    return Problem(
        410,
        "link-gone",
        "This link was used before or has expired; ask your administrator for a new one.",
    )
