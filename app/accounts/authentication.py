"""The sender of a request: by API token or by the session of a signed-in browser."""

from datetime import timedelta

from fastapi import Request
from sqlalchemy import bindparam, select, update

from app.accounts.principal import Principal, principal_of
from app.accounts.tables import ApiToken, SignInSession, User
from app.core.ids import now
from app.core.problems import Problem
from app.core.security import digest
from app.core.settings import Settings
from app.core.state import State

SEEN_EVERY = timedelta(minutes=5)
"""Shortest time between two writes of the time of the last request."""
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name; with https, ``__Host-`` binds it to this host and to https."""
    return "__Host-sonoloop" if settings.secure_cookies else "sonoloop"


def authenticate(request: Request, state: State) -> Principal | None:
    """Return the caller by bearer token or session cookie, or None if neither is valid."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return _by_token(state, secret.strip())
    cookie = request.cookies.get(cookie_name(state.settings))
    if not cookie:
        return None
    refuse_cross_site(request, browser=True)
    return _by_session(state, digest(cookie))


def require_session(principal: Principal, what: str) -> None:
    """Refuse tokens: a script must not gain more rights than its token has.

    Raises:
        Problem: 403.
    """
    if principal.token:
        raise Problem(
            403,
            "session-needed",
            f"An API token cannot {what}; sign in with email and password.",
        )


def require_still(request: Request, state: State) -> None:
    """Refuse to continue for a caller whose session, token or account has ended in the meantime.

    Raises:
        Problem: 401.
    """
    if authenticate(request, state) is None:
        raise not_signed_in()


def not_signed_in() -> Problem:
    """Return a 401 for a request without a valid session or token."""
    return Problem(
        401,
        "not-signed-in",
        "Sign in, or send a valid API token as `Authorization: Bearer …`.",
        headers={"WWW-Authenticate": 'Bearer realm="sonoloop"'},
    )


def refuse_cross_site(request: Request, *, browser: bool = False) -> None:
    """Refuse an unsafe request that another site's page made (CSRF).

    Browsers state where a request comes from. With ``browser``, a request that does not is refused
    too, because only browsers have cookies.

    Raises:
        Problem: 403.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        allowed = site == "same-origin"
    elif origin is not None:
        host = request.headers.get("Host")
        allowed = origin in {f"http://{host}", f"https://{host}"}
    else:
        allowed = not browser
    if not allowed:
        raise Problem(
            403, "cross-site", "Requests from other sites are refused; use this site's own pages."
        )


_TOKEN = select(ApiToken).where(ApiToken.digest == bindparam("secret"))
_SESSION = select(SignInSession).where(SignInSession.digest == bindparam("secret"))


def _by_token(state: State, secret: str) -> Principal | None:
    at = now()
    with state.database.read() as session:
        token = session.scalar(_TOKEN, {"secret": digest(secret)})
        if token is None or token.revoked_at or (token.expires_at and token.expires_at <= at):
            return None
        if not token.user.active:
            return None
        principal = principal_of(session, token.user, token=token)
    if token.last_used_at is None or at - token.last_used_at > SEEN_EVERY:
        with state.database.write() as session:
            session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=at))
    return principal


def _by_session(state: State, session_digest: str) -> Principal | None:
    at = now()
    with state.database.read() as session:
        entry = session.scalar(_SESSION, {"secret": session_digest})
        if entry is None or entry.expires_at <= at or not entry.user.active:
            return None
        principal = principal_of(session, entry.user, session_digest=session_digest)
    seen = entry.user.last_seen_at
    if seen is None or at - seen > SEEN_EVERY:
        with state.database.write() as session:
            session.execute(update(User).where(User.id == entry.user_id).values(last_seen_at=at))
    return principal
