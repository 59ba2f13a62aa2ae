"""Signing in, with a limit on guesses per account and per address.

An attempt is counted before the password is looked at, so that many at once cannot slip past the
limit, and no database lock is held while hashing.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts import sessions
from app.accounts.sessions import SignedInBrowser
from app.accounts.tables import SignInFailure, User
from app.core import audit
from app.core.audit import SYSTEM, Actor
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.problems import Problem
from app.core.security import SiteKey, verify_password
from app.core.settings import Settings
from app.core.state import State

ADDRESS_FACTOR = 5
"""A hospital's people share one address; it gets this many times an account's attempts."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt; if the password is right, the count is taken back."""

    account: str
    address_row: UUID


def sign_in(
    state: State, email: str, password: str, address: str, presented: str | None
) -> SignedInBrowser:
    """Check email and password and begin a session.

    Args:
        address: the client's IP address.
        presented: session cookie that came with the request, if any.

    Raises:
        Problem: 401 wrong, whether or not there is such an account; 429 too many attempts.
    """
    email = email.strip().lower()
    known = check(state, email, password, address)
    if known is None:
        raise _wrong()
    with state.database.write() as session:
        user = session.get(User, known.id)
        if user is None or not user.active or user.password_hash != known.password_hash:
            raise _wrong()  # it changed while the password was being checked
        browser = sessions.begin(session, state.settings, user, presented)
        audit.record(session, state.site_key, Actor(user.id), "session.signed-in", "user", user.id)
    return browser


def _wrong() -> Problem:
    return Problem(
        401,
        "wrong-credentials",
        "Email or password is wrong, or the account is not active.",
        headers={"WWW-Authenticate": 'Session realm="sonoloop"'},
    )


def check(state: State, email: str, password: str, address: str) -> User | None:
    """The active person with this email and password; None where either is wrong.

    Raises:
        Problem: 429.
    """
    with state.database.write() as session:
        attempt = _count(session, state.site_key, state.settings, email, address)
        user = session.scalar(select(User).where(User.email == email))
    hashed = user.password_hash if user and user.active else None
    if verify_password(password, hashed):
        with state.database.write() as session:
            _forgive(session, attempt)
        return user
    with state.database.write() as session:
        # Not the email: people type passwords into that field.
        audit.record(
            session,
            state.site_key,
            SYSTEM,
            "session.refused",
            "user",
            user.id if user else "unknown",
        )
    return None


def _count(
    session: WriteSession, key: SiteKey, settings: Settings, email: str, address: str
) -> Attempt:
    account, place = _subject(key, "account", email), _subject(key, "address", _network(address))
    _refuse_beyond(session, settings, account, settings.sign_in_attempts)
    _refuse_beyond(session, settings, place, settings.sign_in_attempts * ADDRESS_FACTOR)
    rows = [SignInFailure(subject=account), SignInFailure(subject=place)]
    session.add_all(rows)
    session.flush()
    return Attempt(account, rows[1].id)


def _refuse_beyond(session: WriteSession, settings: Settings, subject: str, limit: int) -> None:
    lock(session, "sign-in", subject)
    window = timedelta(seconds=settings.sign_in_window_seconds)
    # The oldest of the last `limit` attempts: while it is within the window, all of them are.
    at = session.scalar(
        select(SignInFailure.at)
        .where(SignInFailure.subject == subject, SignInFailure.at > now() - window)
        .order_by(SignInFailure.at.desc())
        .offset(limit - 1)
        .limit(1)
    )
    if at is None:
        return
    seconds = max(1, ceil((at + window - now()).total_seconds()))
    minutes = ceil(seconds / 60)
    raise Problem(
        429,
        "too-many-attempts",
        f"Too many failed sign-ins. Wait {minutes} minute{'s' * (minutes > 1)} and try again.",
        headers={"Retry-After": str(seconds)},
    )


def _forgive(session: WriteSession, attempt: Attempt) -> None:
    """A right password clears the account's count, but of the address's only its own attempt:
    else whoever has one account could guess at the others for ever."""
    session.execute(
        delete(SignInFailure).where(
            (SignInFailure.subject == attempt.account) | (SignInFailure.id == attempt.address_row)
        )
    )


def _subject(key: SiteKey, kind: str, value: str) -> str:
    return hmac.new(key.subkey("sign-in"), f"{kind}:{value}".encode(), "sha256").hexdigest()


def _network(address: str) -> str:
    """One IPv6 client has a whole /64 to choose addresses from."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((parsed, 64), strict=False))
    return str(parsed)
