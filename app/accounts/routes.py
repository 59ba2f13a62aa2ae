"""``/setup``, ``/invitations``, ``/session``, ``/users``, ``/tokens``."""

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from app.accounts import devices, links, memberships, service, sessions, sign_in, tokens
from app.accounts.access import (
    GuardedRoute,
    Public,
    SignedIn,
    SignedInAdmin,
    SiteAdmin,
    TokenKeeper,
    cookie_name,
    require_session,
)
from app.accounts.idempotency import IdempotencyKey, fingerprint, recall, remember
from app.accounts.passwords import check_password
from app.accounts.principal import Principal, principal_of
from app.accounts.schemas import (
    CreatedToken,
    Credentials,
    FirstAdmin,
    InvitedUser,
    LanguageChoice,
    LinkAcceptance,
    LinkDetails,
    LinkLookup,
    NewServiceAccount,
    NewToken,
    NewUser,
    PasswordChange,
    PersonName,
    ProjectRole,
    SessionDetails,
    SessionUser,
    SetUpLink,
    SetUpState,
    TokenDetails,
    UserChange,
    UserDetails,
)
from app.accounts.sessions import SignedInBrowser
from app.accounts.tables import ApiToken, LinkPurpose, Role, SignInSession, User
from app.core import audit
from app.core.pagination import Cursor, Limit, Page, encode_cursor, id_in_cursor
from app.core.problems import GUARDED, GUARDED_BODY, Problem, responses
from app.core.security import hash_password
from app.core.state import AppState, Reading, State, Writing
from app.projects.tables import DEFAULT_PROJECT

router = APIRouter(route_class=GuardedRoute)
PUBLIC_BODY = responses(400, 403, 413, 422, 503)


def _visitor(request: Request, state: AppState) -> sign_in.Visitor:
    return sign_in.Visitor(
        request.client.host if request.client else "unknown",
        request.cookies.get(devices.cookie_name(state.settings)),
        request.cookies.get(cookie_name(state.settings)),
    )


Visitor = Annotated[sign_in.Visitor, Depends(_visitor)]


def _welcome(
    response: Response, state: State, visitor: sign_in.Visitor, browser: SignedInBrowser
) -> SessionUser:
    """Hand the session to the browser, and know it from now on."""
    sessions.set_cookie(response, state.settings, browser)
    devices.remember(response, state.settings, state.site_key, browser.user, visitor.device)
    with state.database.read() as session:
        return _session_user(principal_of(session, browser.user))


@router.get("/setup", tags=["set-up"], dependencies=[Public], responses=responses(422, 503))
def get_setup(session: Reading) -> SetUpState:
    """Whether this site still waits for its first admin."""
    return SetUpState(needed=not service.has_admin(session))


@router.post(
    "/setup",
    tags=["set-up"],
    status_code=201,
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(409, 410),
)
def set_up(body: FirstAdmin, response: Response, state: AppState, visitor: Visitor) -> SessionUser:
    """Make the first admin, with the link that the server printed at its start, and sign in."""
    secret, password = body.token.get_secret_value(), body.password.get_secret_value()
    with state.database.read() as session:
        _require(links.look_up(session, secret)[0].purpose is LinkPurpose.FIRST_ADMIN)
    check_password(password, body.email, body.name)
    hashed = hash_password(password)
    with state.database.write() as session:
        links.redeem(session, secret, [LinkPurpose.FIRST_ADMIN])
        user = service.create_first_admin(session, state.site_key, body.name, body.email, hashed)
        browser = sessions.begin(session, state.settings, user, visitor.session)
    return _welcome(response, state, visitor, browser)


@router.post(
    "/invitations/lookup",
    tags=["set-up"],
    dependencies=[Public],
    responses=PUBLIC_BODY | responses(410),
)
def look_up_link(body: LinkLookup, session: Reading) -> LinkDetails:
    """What a one-time link is for. It still works afterwards."""
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
    return _welcome(response, state, visitor, browser)


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
    return _welcome(response, state, visitor, browser)


@router.get("/session", tags=["session"], responses=GUARDED)
def get_session(principal: SignedIn, session: Reading) -> SessionDetails:
    """Who is signed in, and until when."""
    entry = session.get_one(SignInSession, principal.session_digest)
    return SessionDetails(user=_session_user(principal), expires_at=entry.expires_at)


@router.delete("/session", tags=["session"], status_code=204, responses=GUARDED)
def end_session(principal: SignedIn, session: Writing, response: Response, state: AppState) -> None:
    """Sign out."""
    sessions.end(session, principal.session_digest or "")
    user_id = principal.user.id
    audit.record(session, state.site_key, principal.actor, "session.signed-out", "user", user_id)
    sessions.clear_cookie(response, state.settings)


@router.put("/session/language", tags=["session"], status_code=204, responses=GUARDED_BODY)
def choose_language(body: LanguageChoice, principal: SignedIn, session: Writing) -> None:
    """Choose the language that the pages speak, in every browser of this person."""
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
    """Change one's password.

    Every other browser is signed out, links that set a password end, and so do one's API tokens,
    unless `keep_tokens` is set: whoever knew the old password may have made one.
    """
    user = principal.user
    password = body.new_password.get_secret_value()
    check_password(password, user.email or "", user.name)
    if not sign_in.check_again(state, user, body.current_password.get_secret_value()):
        # Not 401: the session is good, and pages take 401 as its end.
        raise Problem(422, "wrong-password", "The current password is wrong; type it again.")
    hashed = hash_password(password)
    with state.database.write() as session:
        user = service.find(session, user.id)
        service.set_password(
            session, state.site_key, principal.actor, user, hashed, keep_tokens=body.keep_tokens
        )
        browser = sessions.begin(session, state.settings, user)
    _welcome(response, state, visitor, browser)


@router.get("/users", tags=["users"], responses=GUARDED)
def list_users(
    principal: SiteAdmin, session: Reading, cursor: Cursor = None, limit: Limit = 50
) -> Page[UserDetails]:
    """Everybody, in the order in which they were added."""
    users = service.page(session, id_in_cursor(cursor), limit + 1)
    following = encode_cursor(users[limit - 1].id) if len(users) > limit else None
    return Page(items=_details(session, users[:limit]), next_cursor=following)


@router.post(
    "/users", tags=["users"], status_code=201, responses=GUARDED_BODY | responses(404, 409)
)
def invite_user(
    body: NewUser,
    principal: SiteAdmin,
    session: Writing,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> InvitedUser:
    """Invite a person. Give them the link: it sets their password and works once.

    An API token invites annotators only: whoever has the link has the account.
    """
    if body.role is not Role.ANNOTATOR:
        require_session(principal, "invite reviewers and admins")
    asked = fingerprint("user", body.model_dump_json())
    made = recall(session, principal, idempotency_key, asked, "user", User)
    if made is not None:
        return InvitedUser(user=_one(session, service.find(session, made)), set_up_url=None)
    user, secret = service.invite(
        session,
        state.site_key,
        principal.actor,
        body.name,
        body.email,
        body.role,
        body.project,
    )
    remember(session, principal, idempotency_key, asked, "user", user.id)
    return InvitedUser(user=_one(session, user), set_up_url=links.url(state.settings, secret))


@router.post(
    "/service-accounts",
    tags=["users"],
    status_code=201,
    responses=GUARDED_BODY | responses(404, 409),
)
def create_service_account(
    body: NewServiceAccount,
    principal: SignedInAdmin,
    session: Writing,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> UserDetails:
    """Make an account that owns what a machine sends. It has tokens and cannot sign in."""
    asked = fingerprint("service-account", body.model_dump_json())
    made = recall(session, principal, idempotency_key, asked, "user", User)
    if made is not None:
        return _one(session, service.find(session, made))
    project_id = body.project or DEFAULT_PROJECT
    key = state.site_key
    user = service.add_service(session, key, principal.actor, body.name, project_id)
    remember(session, principal, idempotency_key, asked, "user", user.id)
    return _one(session, user)


@router.patch("/users/{user_id}", tags=["users"], responses=GUARDED_BODY | responses(404, 409))
def change_user(
    user_id: UUID, body: UserChange, principal: SiteAdmin, session: Writing, state: AppState
) -> UserDetails:
    """Change name, email, role or whether the person may sign in.

    An API token renames and deactivates people who are not admins, and no more.
    """
    user = service.find(session, user_id)
    if user.site_admin or body.role is not None or body.email is not None or body.active:
        require_session(principal, "change admins, emails or roles, and activate people")
    service.change(
        session,
        state.site_key,
        principal.actor,
        user,
        name=body.name,
        email=body.email,
        role=body.role,
        active=body.active,
    )
    return _one(session, user)


@router.post("/users/{user_id}/reset-link", tags=["users"], responses=GUARDED | responses(404, 409))
def make_reset_link(
    user_id: UUID, principal: SignedInAdmin, session: Writing, state: AppState
) -> SetUpLink:
    """A link with which the person sets a new password; links made before stop working."""
    user = service.find(session, user_id)
    secret = service.set_up_link(session, state.site_key, principal.actor, user)
    return SetUpLink(set_up_url=links.url(state.settings, secret))


@router.get("/tokens", tags=["tokens"], responses=GUARDED)
def list_tokens(
    principal: TokenKeeper, session: Reading, cursor: Cursor = None, limit: Limit = 50
) -> Page[TokenDetails]:
    """The caller's tokens, newest first; admins see everybody's."""
    owner = None if principal.user.site_admin else principal.user
    found = tokens.page(session, owner, id_in_cursor(cursor), limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    items = [TokenDetails(**_token(token, token.user)) for token in found[:limit]]
    return Page(items=items, next_cursor=following)


@router.post("/tokens", tags=["tokens"], status_code=201, responses=GUARDED_BODY | responses(404))
def create_token(
    body: NewToken,
    principal: SignedIn,
    session: Writing,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> CreatedToken:
    """Make a token that acts as the caller, within its scopes. The secret is shown this once.

    Site admins make tokens of service accounts as well, which never administer anything.
    """
    owner = tokens.owner_of(session, principal, body.service_account)
    acting = principal if owner is principal.user else principal_of(session, owner)
    tokens.check_scopes(acting, body.scopes, body.project)
    asked = fingerprint("token", body.model_dump_json())
    made = recall(session, principal, idempotency_key, asked, "token", ApiToken)
    if made is not None:
        token, secret = tokens.find(session, principal, made), None
    else:
        token, secret = tokens.create(
            session,
            state.site_key,
            principal.actor,
            owner,
            body.name,
            body.scopes,
            body.expires_in_days,
            body.project,
        )
        remember(session, principal, idempotency_key, asked, "token", token.id)
    return CreatedToken(**_token(token, owner), token=secret)


@router.delete(
    "/tokens/{token_id}", tags=["tokens"], status_code=204, responses=GUARDED | responses(404)
)
def revoke_token(token_id: UUID, principal: TokenKeeper, session: Writing, state: AppState) -> None:
    """Revoke a token; requests with it are refused from now on."""
    token = tokens.find(session, principal, token_id)
    tokens.revoke(session, state.site_key, principal.actor, token)


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
        projects=_roles(held),
        language=user.language,
    )


def _roles(held: Iterable[memberships.HeldRole]) -> list[ProjectRole]:
    return [ProjectRole(id=one.project_id, name=one.name, role=one.role) for one in held]


def _one(session: Session, user: User) -> UserDetails:
    return _details(session, [user])[0]


def _details(session: Session, users: Sequence[User]) -> list[UserDetails]:
    held = memberships.roles_of(session, [user.id for user in users])
    return [
        UserDetails(
            id=user.id,
            name=user.name,
            email=user.email,
            role=memberships.highest(user, held[user.id]),
            site_admin=user.site_admin,
            projects=_roles(held[user.id]),
            language=user.language,
            service=user.service,
            active=user.active,
            pending=user.password_hash is None and not user.service,
            created_at=user.created_at,
            last_seen_at=user.last_seen_at,
        )
        for user in users
    ]


def _token(token: ApiToken, owner: User) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "owner": PersonName.model_validate(owner),
        "project": token.project_id,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }
