"""Sessions of browsers, kept in the database so that ending one takes effect everywhere at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Response
from sqlalchemy import delete

from app.accounts.authentication import cookie_name
from app.accounts.tables import SignInSession, User
from app.core.database import WriteSession
from app.core.ids import now
from app.core.security import digest, new_secret
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A new session; ``secret`` goes into the cookie and nowhere else."""

    user: User
    secret: str
    expires_at: datetime


def begin(
    session: WriteSession, settings: Settings, user: User, presented: str | None = None
) -> SignedInBrowser:
    """Begin a session under a new secret.

    Args:
        presented: the cookie that came with the request; its session ends, so that a secret planted
            in the browser before sign-in is useless afterwards.
    """
    if presented:
        end(session, digest(presented))
    secret = new_secret()
    expires_at = now() + timedelta(hours=settings.session_hours)
    session.add(SignInSession(digest=digest(secret), user_id=user.id, expires_at=expires_at))
    return SignedInBrowser(user, secret, expires_at)


def end(session: WriteSession, session_digest: str) -> None:
    """End one session; a missing session is not an error."""
    session.execute(delete(SignInSession).where(SignInSession.digest == session_digest))


def end_all(session: WriteSession, user_id: UUID) -> None:
    """End every session of a person."""
    session.execute(delete(SignInSession).where(SignInSession.user_id == user_id))


def set_cookie(response: Response, settings: Settings, browser: SignedInBrowser) -> None:
    """Set the session's cookie in the browser."""
    response.set_cookie(
        cookie_name(settings),
        browser.secret,
        max_age=int(settings.session_hours * 3600),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, settings: Settings) -> None:
    """Remove the session's cookie from the browser, and the images that it cached."""
    response.delete_cookie(
        cookie_name(settings),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )
    # Reading rooms share computers, and browsers cache images, even if they revalidate them.
    response.headers["Clear-Site-Data"] = '"cache"'
