"""``/setup``, ``/invitations``, ``/session``: setting up an account, and signing in."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response

from app.accounts import devices, forgotten, links, memberships, service, sessions, sign_in
from app.accounts.access import GuardedRoute, Public, SignedIn
from app.accounts.authentication import cookie_name
from app.accounts.passwords import check_password
from app.accounts.principal import Principal, principal_of
from app.accounts.schemas import (
    Credentials,
    FirstAdmin,
    ForgottenPassword,
    LanguageChoice,
    LinkAcceptance,
    LinkDetails,
    LinkLookup,
    PasswordChange,
    SessionDetails,
    SessionUser,
    SetUpState,
)
from app.accounts.sessions import SignedInBrowser
from app.accounts.tables import LinkPurpose, SignInSession
from app.core import audit
from app.core.accept_language import AcceptLanguage
from app.core.languages import accepted
from app.core.problems import GUARDED, GUARDED_BODY, Problem, responses
from app.core.security import hash_password
from app.core.state import AppState, DatabaseRead, DatabaseWrite, State

router = APIRouter(route_class=GuardedRoute)
PUBLIC_BODY = responses(400, 403, 413, 422, 503)


def _visitor(request: Request, state: AppState) -> sign_in.Visitor:
    return sign_in.Visitor(
        request.client.host if request.client else "unknown",
        request.cookies.get(devices.cookie_name(state.settings)),
        request.cookies.get(cookie_name(state.settings)),
    )


Visitor = Annotated[sign_in.Visitor, Depends(_visitor)]


def _set_cookies(
    response: Response, state: State, visitor: sign_in.Visitor, browser: SignedInBrowser
) -> SessionUser:
    """Set the session's cookie, and remember the browser from now on."""
    sessions.set_cookie(response, state.settings, browser)
    devices.remember(response, state.settings, state.site_key, browser.user, visitor.device)
    with state.database.read() as session:
        return _session_user(principal_of(session, browser.user))


@router.get("/setup", tags=["set-up"], dependencies=[Public], responses=responses(422, 503))
def get_setup(session: DatabaseRead) -> SetUpState:
    """Return whether this site still waits for its first admin."""
    return SetUpState(needed=not service.has_admin(session))


@router.post(
    "/setup",
    tags=["set-up"],
    status_code=201,
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(409, 410),
)
def set_up(body: FirstAdmin, response: Response, state: AppState, visitor: Visitor) -> SessionUser:
    """Create the first admin with the link that the server printed at its start, and sign in."""
    secret, password = body.token.get_secret_value(), body.password.get_secret_value()
    with state.database.read() as session:
        _require(links.look_up(session, secret)[0].purpose is LinkPurpose.FIRST_ADMIN)
    check_password(password, body.email, body.name)
    hashed = hash_password(password)
    with state.database.write() as session:
        links.redeem(session, secret, [LinkPurpose.FIRST_ADMIN])
        user = service.create_first_admin(session, state.site_key, body.name, body.email, hashed)
        browser = sessions.begin(session, state.settings, user, visitor.session)
    return _set_cookies(response, state, visitor, browser)


@router.post(
    "/invitations/lookup",
    tags=["set-up"],
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(410),
)
def look_up_link(body: LinkLookup, session: DatabaseRead) -> LinkDetails:
    """Return the purpose and the person of a one-time link. It still works afterwards."""
    link, user = links.look_up(session, body.token.get_secret_value())
    return LinkDetails(
        purpose=link.purpose,
        email=user.email if user else None,
        name=user.name if user else None,
    )


@router.post(
    "/invitations/accept",
    tags=["set-up"],
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(404, 410),
)
def accept_link(
    body: LinkAcceptance, response: Response, state: AppState, visitor: Visitor
) -> SessionUser:
    """Set a password with an invitation or a reset link, and sign in."""
    secret, password = body.token.get_secret_value(), body.password.get_secret_value()
    with state.database.read() as session:
        link, user = links.look_up(session, secret)
    _require(link.purpose is not LinkPurpose.FIRST_ADMIN)
    check_password(
        password, (user.email or "") if user else "", body.name or (user.name if user else "")
    )
    hashed = hash_password(password)
    with state.database.write() as session:
        user = service.accept_link(session, state.site_key, secret, body.name, hashed)
        browser = sessions.begin(session, state.settings, user, visitor.session)
    return _set_cookies(response, state, visitor, browser)


def _require(right_purpose: bool) -> None:
    if not right_purpose:
        raise Problem(410, "link-gone", "This link is for something else; open it in a browser.")


@router.post(
    "/session",
    tags=["session"],
    status_code=201,
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(401, 429),
)
def begin_session(
    body: Credentials, response: Response, state: AppState, visitor: Visitor
) -> SessionUser:
    """Sign in. Too many wrong passwords: 429 with `Retry-After`."""
    browser = sign_in.sign_in(state, body.email, body.password.get_secret_value(), visitor)
    return _set_cookies(response, state, visitor, browser)


@router.post(
    "/forgotten-passwords",
    tags=["session"],
    status_code=202,
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(409, 429),
)
def ask_for_new_password(
    body: ForgottenPassword,
    state: AppState,
    visitor: Visitor,
    later: BackgroundTasks,
    accept_language: AcceptLanguage = None,
) -> None:
    """Send a link that sets a new password to the person with this email. The answer is the same if
    there is no such account. 409 if the site sends no e-mail."""
    forgotten.count_request(state, body.email, visitor)
    later.add_task(forgotten.send_reset, state, body.email, accepted(accept_language))


@router.get("/session", tags=["session"], responses=GUARDED)
def get_session(principal: SignedIn, session: DatabaseRead) -> SessionDetails:
    """Return the signed-in person, and the end of their session."""
    entry = session.get_one(SignInSession, principal.session_digest)
    return SessionDetails(user=_session_user(principal), expires_at=entry.expires_at)


@router.delete("/session", tags=["session"], status_code=204, responses=GUARDED)
def end_session(
    principal: SignedIn, session: DatabaseWrite, response: Response, state: AppState
) -> None:
    """Sign out."""
    sessions.end(session, principal.session_digest or "")
    user_id = principal.user.id
    audit.record(session, state.site_key, principal.actor, "session.signed-out", "user", user_id)
    sessions.clear_cookie(response, state.settings)


@router.put("/session/language", tags=["session"], status_code=204, responses=GUARDED_BODY)
def choose_language(body: LanguageChoice, principal: SignedIn, session: DatabaseWrite) -> None:
    """Choose the language of the pages in every browser of this person."""
    service.find(session, principal.user.id).language = body.language


@router.put(
    "/session/password",
    tags=["session"],
    status_code=204,
    responses=GUARDED_BODY | responses(429),
)
def change_password(
    body: PasswordChange,
    principal: SignedIn,
    response: Response,
    state: AppState,
    visitor: Visitor,
) -> None:
    """Change your own password.

    Every other browser is signed out, links that set a password stop working, and so do the
    person's API tokens unless `keep_tokens` is set: whoever knew the old password may have made
    one.
    """
    user = principal.user
    password = body.new_password.get_secret_value()
    check_password(password, user.email or "", user.name)
    if not sign_in.check_again(state, user, body.current_password.get_secret_value()):
        # Not 401: the session is valid, and the pages treat 401 as its end.
        raise Problem(422, "wrong-password", "The current password is wrong; type it again.")
    hashed = hash_password(password)
    with state.database.write() as session:
        user = service.find(session, user.id)
        service.set_password(
            session, state.site_key, principal.actor, user, hashed, keep_tokens=body.keep_tokens
        )
        browser = sessions.begin(session, state.settings, user)
    _set_cookies(response, state, visitor, browser)


def _session_user(principal: Principal) -> SessionUser:
    user = principal.user
    held = [
        memberships.HeldRole(id_, one.name, one.role) for id_, one in principal.projects.items()
    ]
    return SessionUser(
        id=user.id,
        name=user.name,
        email=user.email,
        role=memberships.highest(user, held),
        site_admin=user.site_admin,
        projects=memberships.project_roles(held),
        language=user.language,
    )
