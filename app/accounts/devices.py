"""Browsers in which a person has signed in, so that a stranger's guesses do not lock them out.

A successful sign-in gives the browser a cookie for a year. It grants no access; it only makes this
browser's wrong passwords count separately from everybody else's (OWASP, "device cookies"). It holds
random numbers, each with a signature over number, account and password, so it names nobody and
becomes invalid when the password changes. Reading rooms share computers, so it holds several
accounts.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode

from fastapi import Response

from app.accounts.tables import User
from app.core.security import SiteKey
from app.core.settings import Settings

KEPT = 8
"""Accounts that one browser remembers."""
SECONDS = 365 * 24 * 3600
_BETWEEN = "~"


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name; like the session's, it is bound to this host if https is used."""
    return "__Host-sonoloop-device" if settings.secure_cookies else "sonoloop-device"


def known(key: SiteKey, user: User, cookie: str | None) -> str | None:
    """Return the number under which this browser's attempts at the account are counted.

    None if nobody signed in to the account with this browser and the current password.
    """
    for entry in _entries(cookie):
        number, _, signature = entry.partition(".")
        if hmac.compare_digest(_signature(key, user, number).encode(), signature.encode()):
            return number
    return None


def remember(
    response: Response, settings: Settings, key: SiteKey, user: User, cookie: str | None
) -> None:
    """Remember the browser as one of this person's; it also remains one of the others'."""
    number = secrets.token_urlsafe(9)
    entries = [f"{number}.{_signature(key, user, number)}"]
    entries += [entry for entry in _entries(cookie) if known(key, user, entry) is None]
    response.set_cookie(
        cookie_name(settings),
        _BETWEEN.join(entries[:KEPT]),
        max_age=SECONDS,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def _entries(cookie: str | None) -> list[str]:
    return [entry for entry in (cookie or "").split(_BETWEEN)[:KEPT] if 0 < len(entry) <= 64]


def _signature(key: SiteKey, user: User, number: str) -> str:
    message = f"{user.id}:{number}:{user.password_hash}"
    mac = hmac.digest(key.subkey("device"), message.encode(), "sha256")
    return urlsafe_b64encode(mac[:16]).decode().rstrip("=")
