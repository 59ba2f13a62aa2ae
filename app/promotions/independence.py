"""Whether two deciders are two people, or one who let themselves into the other's account.

It is read from the audit log, which nobody can change: who made the link that a password was set
with, and when a role was given.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.tables import LinkPurpose, Role, User
from app.core.audit import AuditEvent
from app.core.problems import Problem
from app.promotions.tables import PromotionRequest

_ADMIN = Role.ADMIN.value


def require_independent(session: Session, user: User, asked: PromotionRequest) -> None:
    """Refuse a confirmation that the person who asks could have brought about alone.

    Raises:
        Problem: 403, from `objection`.
    """
    if problem := objection(session, user, asked):
        raise problem


def objection(session: Session, user: User, asked: PromotionRequest) -> Problem | None:
    """Return why a person cannot confirm a request; None if they can.

    They cannot if their account is younger than the request, if it got its password or its role
    after it, or if one person made the links with which both passwords were last reset.
    """
    if user.created_at > asked.created_at:
        return Problem(
            403,
            "account-too-new",
            "Your account is younger than this request, so that you cannot confirm it; let it be "
            "asked for again.",
        )
    if _let_in_since(session, user, asked):
        return Problem(
            403,
            "account-changed",
            "Your password was set with a link, or your role was given to you, after this was "
            "asked for, so that you cannot confirm it; let it be asked for again.",
        )
    if _holders(session, user.id) & _holders(session, asked.created_by_id):
        return Problem(
            403,
            "not-independent",
            "One person could act as both of you, by the links with which passwords were last "
            "reset. Another admin confirms this, or the password is reset on the server "
            "(sonoloop user reset-link).",
        )
    return None


def _let_in_since(session: Session, user: User, asked: PromotionRequest) -> bool:
    own = (AuditEvent.object_type == "user") & (AuditEvent.object_id == str(user.id))
    projects = (AuditEvent.object_type == "project") & (
        AuditEvent.object_id == str(asked.project_id)
    )
    query = select(AuditEvent).where(own | projects, AuditEvent.at > asked.created_at)
    for event in session.scalars(query):
        after = event.detail.get("after")
        if event.object_type == "project":
            if event.detail.get("user") == str(user.id) and after == _ADMIN:
                return True
        elif event.action in ("link.used", "user.activated") or (
            isinstance(after, dict) and after.get("role") == _ADMIN
        ):
            return True
    return False


def _holders(session: Session, user_id: UUID) -> set[UUID]:
    """Return a person, the maker of their last reset link, the maker of that person's, and so on.

    A later password change does not matter: whoever used the link can also make that. Invitations
    do not count, since everybody has to be invited by somebody.
    """
    found: set[UUID] = set()
    holder: UUID | None = user_id
    while holder is not None and holder not in found:
        found.add(holder)
        holder = _last_reset_by(session, holder)
    return found


def _last_reset_by(session: Session, user_id: UUID) -> UUID | None:
    """Return who made the link of a person's last reset; None if there was none or the server did.

    The server sends a link to the person's email, so it counts for whoever last changed that.
    """
    maker: UUID | None = None
    made_by: UUID | None = None
    mailed_by: UUID | None = None
    query = select(AuditEvent).where(
        AuditEvent.object_type == "user",
        AuditEvent.object_id == str(user_id),
        AuditEvent.action.in_(("link.created", "link.used", "user.changed")),
    )
    for event in session.scalars(query.order_by(AuditEvent.number)):
        if event.action == "user.changed":
            if event.detail.get("email_changed"):
                mailed_by = event.actor_id
        elif event.action == "link.created":
            made_by = event.actor_id or mailed_by
        elif event.detail.get("purpose") == LinkPurpose.RESET:
            maker = made_by
    return maker
