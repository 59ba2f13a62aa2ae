"""Signing in, with a limit on guesses that stops the guesser but not the person.

Wrong passwords are counted per account and address, per address, and, generously, per account.
After too many, the next attempt has to wait, twice as long each time. A browser in which the
account has signed in before is counted separately (`app.accounts.devices`), so that no stranger,
even with many addresses, locks a person out of the browser that they work with.

An attempt is counted before the password is checked, so that many at once cannot evade the limit,
and no database lock is held while hashing.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from uuid import UUID

from sqlalchemy import delete, func, select

from app.accounts import devices, sessions
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
"""The people of a hospital share one address; it gets this many times an account's attempts."""
ACCOUNT_FACTOR = 10
"""Guesses at one account from all addresses: too few to find a password, too many to use up
casually."""
FIRST_WAIT = 10.0
"""Seconds to wait after the first attempt too many."""
LONGEST_SHARED_WAIT = 60.0
"""Longest wait in seconds if others than the guesser have to wait too."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The origin of an attempt to sign in.

    Attributes:
        address: the client's IP address.
        device: the cookie of :mod:`app.accounts.devices`, if one came.
        session: the session cookie, if one came.
    """

    address: str
    device: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """One count of wrong passwords.

    Attributes:
        kind, whose: attempts with the same values are counted together.
        attempts: number of attempts without a wait.
        longest_wait: in seconds.
        advice: what a refused person should do; ``{when}`` is how long to wait.
    """

    kind: str
    whose: str
    attempts: int
    longest_wait: float
    advice: str = "Wait {when} and try again, or use a browser in which you signed in before."


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt; the count is undone if the password is right."""

    cleared: str
    rows: list[UUID]


def sign_in(state: State, email: str, password: str, visitor: Visitor) -> SignedInBrowser:
    """Check email and password and begin a session.

    Raises:
        Problem: 401 if wrong, whether or not there is such an account; 429 after too many attempts.
    """
    email = email.strip().lower()
    with state.database.read() as session:
        user = session.scalar(select(User).where(User.email == email))
    device = devices.known(state.site_key, user, visitor.device) if user else None
    if device is not None:
        limits = [_own(state.settings, "device", device)]
    else:
        limits = _unknown_browser_limits(state.settings, email, visitor.address)
    known = _check(state, user, password, limits)
    if known is None:
        raise _wrong()
    with state.database.write() as session:
        user = session.get(User, known.id)
        if user is None or not user.active or user.password_hash != known.password_hash:
            raise _wrong()  # it changed while the password was being checked
        browser = sessions.begin(session, state.settings, user, visitor.session)
        audit.record(session, state.site_key, Actor(user.id), "session.signed-in", "user", user.id)
    return browser


def _wrong() -> Problem:
    return Problem(
        401,
        "wrong-credentials",
        "Email or password is wrong, or the account is not active.",
        headers={"WWW-Authenticate": 'Session realm="sonoloop"'},
    )


def check_again(state: State, user: User, password: str) -> bool:
    """Return whether this is the password of a person who is signed in.

    Raises:
        Problem: 429.
    """
    return _check(state, user, password, [_own(state.settings, "again", str(user.id))]) is not None


def _own(settings: Settings, kind: str, whose: str) -> Limit:
    return Limit(kind, whose, settings.sign_in_attempts, settings.sign_in_window_seconds)


def _unknown_browser_limits(settings: Settings, email: str, address: str) -> list[Limit]:
    """Return the limits for an attempt from an unknown browser."""
    from_network, each = network(address), settings.sign_in_attempts
    shared = min(LONGEST_SHARED_WAIT, settings.sign_in_window_seconds)
    return [
        _own(settings, "account-and-address", f"{email}\n{from_network}"),
        Limit("address", from_network, each * ADDRESS_FACTOR, shared),
        Limit("account", email, each * ACCOUNT_FACTOR, shared),
    ]


def _check(state: State, user: User | None, password: str, limits: list[Limit]) -> User | None:
    """Return the active person if this is their password.

    Raises:
        Problem: 429.
    """
    with state.database.write() as session:
        attempt = count(session, state.site_key, state.settings, limits)
    hashed = user.password_hash if user and user.active else None
    if verify_password(password, hashed):
        with state.database.write() as session:
            _clear_failures(session, attempt)
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


def count(session: WriteSession, key: SiteKey, settings: Settings, limits: list[Limit]) -> Attempt:
    """Count an attempt against all of these limits.

    Raises:
        Problem: 429 if there were too many.
    """
    rows = []
    for limit in limits:
        subject = _subject(key, limit.kind, limit.whose)
        _refuse_beyond(session, settings, subject, limit)
        rows.append(SignInFailure(subject=subject))
    session.add_all(rows)
    session.flush()
    return Attempt(rows[0].subject, [row.id for row in rows])


def _refuse_beyond(session: WriteSession, settings: Settings, subject: str, limit: Limit) -> None:
    lock(session, "sign-in", subject)
    window = timedelta(seconds=settings.sign_in_window_seconds)
    counted, last = session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.subject == subject, SignInFailure.at > now() - window
        )
    ).one()
    beyond = counted - limit.attempts
    if beyond < 0:
        return
    wait = min(FIRST_WAIT * 2 ** min(beyond, 20), limit.longest_wait)
    seconds = ceil((last + timedelta(seconds=wait) - now()).total_seconds())
    if seconds <= 0:
        return
    minutes = ceil(seconds / 60)
    when = f"{seconds} seconds" if seconds < 60 else f"{minutes} minute{'s' * (minutes > 1)}"
    raise Problem(
        429,
        "too-many-attempts",
        f"Too many attempts. {limit.advice.format(when=when)}",
        headers={"Retry-After": str(seconds)},
    )


def _clear_failures(session: WriteSession, attempt: Attempt) -> None:
    """Clear, after a right password, the guesser's own count, but only this attempt in shared
    counts: otherwise the owner of one account could guess at others for ever."""
    session.execute(
        delete(SignInFailure).where(
            (SignInFailure.subject == attempt.cleared) | SignInFailure.id.in_(attempt.rows)
        )
    )


def _subject(key: SiteKey, kind: str, value: str) -> str:
    return hmac.new(key.subkey("sign-in"), f"{kind}:{value}".encode(), "sha256").hexdigest()


def network(address: str) -> str:
    """Return the key to count a client by: one IPv6 client can choose addresses from a whole
    /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((parsed, 64), strict=False))
    return str(parsed)
