"""A forgotten password: a link by e-mail for people with an account, and the same answer to all.

Neither the answer nor its timing reveals whether there is an account: all work that depends on it
is done after the answer is sent.
"""

from sqlalchemy import select

from app.accounts import letters, links, sign_in
from app.accounts.tables import LinkPurpose, User
from app.core.audit import SYSTEM
from app.core.problems import Problem
from app.core.state import State
from app.mail.sending import is_set_up

FREE = 3
"""Requests for one account within the window of failed sign-ins before the next has to wait."""
FREE_OF_ADDRESS = 30
"""The same for one address, because the people of a hospital share one."""

NO_OTHER_WAY = "Look for the message that was sent, also among the unwanted ones, or wait {when}."


def count_request(state: State, email: str, visitor: sign_in.Visitor) -> None:
    """Count a request, whether or not there is such an account.

    Raises:
        Problem: 409 if the site sends no e-mail; 429 if there were too many requests.
    """
    if not is_set_up(state.settings):
        raise Problem(
            409,
            "no-mail",
            "This site sends no email. Ask your administrator for a link that sets a password.",
        )
    window = float(state.settings.sign_in_window_seconds)
    network = sign_in.network(visitor.address)
    limits = [
        sign_in.Limit("forgotten-account", email.strip().lower(), FREE, window, NO_OTHER_WAY),
        sign_in.Limit("forgotten-address", network, FREE_OF_ADDRESS, window, NO_OTHER_WAY),
    ]
    with state.database.write() as session:
        sign_in.count(session, state.site_key, state.settings, limits)


def send_reset(state: State, email: str, language: str | None = None) -> None:
    """Send a link to the person with this email; do nothing if nobody can sign in with it.

    A person who has not accepted an invitation yet keeps it.

    Args:
        language: used if the person has not chosen one.
    """
    with state.database.write() as session:
        user = session.scalar(select(User).where(User.email == email.strip().lower()))
        if user is None or not user.active or user.service or user.password_hash is None:
            return
        secret = links.create(session, state.site_key, SYSTEM, LinkPurpose.RESET, user)
        address, chosen = user.email, user.language
    letters.send_link(state.settings, LinkPurpose.RESET, address, secret, chosen, language)
