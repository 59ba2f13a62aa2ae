"""API tokens: made, listed, revoked. The secret is shown once and kept as a digest."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal, Scope
from app.accounts.tables import ApiToken, Role, User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem, not_found
from app.core.security import TOKEN_PREFIX, SiteKey, digest, new_secret


def check_scopes(principal: Principal, scopes: Collection[Scope], project_id: UUID | None) -> None:
    """Refuse scopes and projects that the caller does not have.

    Raises:
        Problem: 403; 404 for a project that the caller does not belong to.
    """
    if project_id is not None and not principal.is_in(project_id):
        raise not_found("project")
    if project_id is not None:
        admin = principal.is_in(project_id, Role.ADMIN)
    else:
        admin = principal.has_anywhere(Role.ADMIN)
    if Scope.ADMIN in scopes and not admin:
        raise Problem(403, "role-missing", "Only admins make tokens with the scope “admin”.")


def owner_of(session: Session, principal: Principal, service_account: UUID | None) -> User:
    """Return the owner of a new token: the caller, or a service account.

    Raises:
        Problem: 404 if there is no such service account, or the caller is not a site admin.
    """
    if service_account is None:
        return principal.user
    user = session.get(User, service_account)
    if user is None or not user.service or not user.active or not principal.user.site_admin:
        raise not_found("service account")
    return user


def create(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    owner: User,
    name: str,
    scopes: Collection[Scope],
    expires_in_days: int | None = None,
    project_id: UUID | None = None,
) -> tuple[ApiToken, str]:
    """Create a token of ``owner``; return it and its secret, which is not stored."""
    secret = TOKEN_PREFIX + new_secret()
    token = ApiToken(
        digest=digest(secret),
        name=name,
        scopes=[scope.value for scope in Scope if scope in scopes],
        user_id=owner.id,
        project_id=project_id,
        expires_at=now() + timedelta(days=expires_in_days) if expires_in_days else None,
    )
    session.add(token)
    session.flush()
    audit.record(
        session, key, actor, "token.created", "token", token.id, name=name, scopes=token.scopes
    )
    return token, secret


def page(
    session: Session, owner: User | None, before: UUID | None, limit: int
) -> Sequence[ApiToken]:
    """Return tokens of one person, or of everybody if ``owner`` is None, newest first."""
    query = select(ApiToken).order_by(ApiToken.id.desc()).limit(limit)
    if owner is not None:
        query = query.where(ApiToken.user_id == owner.id)
    if before is not None:
        query = query.where(ApiToken.id < before)
    return session.scalars(query).all()


def find(session: Session, principal: Principal, token_id: UUID) -> ApiToken:
    """Return a token of the caller's own, or anybody's for admins.

    Raises:
        Problem: 404.
    """
    token = session.get(ApiToken, token_id)
    if token is None or not (token.user_id == principal.user.id or principal.user.site_admin):
        raise not_found("token")
    return token


def revoke(session: WriteSession, key: SiteKey, actor: Actor, token: ApiToken) -> None:
    """Revoke a token; one that is already revoked stays as it is."""
    if token.revoked_at is None:
        token.revoked_at = now()
        audit.record(session, key, actor, "token.revoked", "token", token.id, name=token.name)


def revoke_all(session: WriteSession, owner: User, *, administration_only: bool = False) -> int:
    """Revoke a person's tokens, or only those for administration; return their number."""
    query = select(ApiToken).where(ApiToken.user_id == owner.id, ApiToken.revoked_at.is_(None))
    found = [
        token
        for token in session.scalars(query)
        if not administration_only or Scope.ADMIN in token.scopes
    ]
    for token in found:
        token.revoked_at = now()
    return len(found)
