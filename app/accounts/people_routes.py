"""``/users`` and ``/service-accounts``: the people and machines of the site."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.accounts import letters, links, memberships, service
from app.accounts.access import GuardedRoute, SignedInAdmin, SiteAdmin
from app.accounts.authentication import require_session
from app.accounts.idempotency import IdempotencyKey, fingerprint, recall, remember
from app.accounts.schemas import (
    InvitedUser,
    NewServiceAccount,
    NewUser,
    SetUpLink,
    UserChange,
    UserDetails,
)
from app.accounts.tables import LinkPurpose, Role, User
from app.core import audit
from app.core.accept_language import AcceptLanguage
from app.core.languages import accepted
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.projects.tables import DEFAULT_PROJECT

router = APIRouter(route_class=GuardedRoute)


@router.get("/users", tags=["users"], responses=GUARDED)
def list_users(
    principal: SiteAdmin, session: DatabaseRead, cursor: Cursor = None, limit: Limit = 50
) -> Page[UserDetails]:
    """List everybody in the order in which they were added."""
    users = service.page(session, id_in_cursor(cursor), limit + 1)
    return page_of(users, limit, lambda rows: _details(session, rows))


@router.post(
    "/users", tags=["users"], status_code=201, responses=GUARDED_BODY | responses(404, 409)
)
def invite_user(
    body: NewUser,
    principal: SiteAdmin,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
    accept_language: AcceptLanguage = None,
) -> InvitedUser:
    """Invite a person. Give them the link: it sets their password and works once. If the site sends
    e-mail, they receive it that way as well.

    An API token can invite only annotators: whoever has the link has the account.
    """
    if body.role is not Role.ANNOTATOR:
        require_session(principal, "invite reviewers and admins")
    asked = fingerprint("user", body.model_dump_json())
    with state.database.write() as session:
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
        shown = _one(session, user)
    languages = principal.user.language, accepted(accept_language)
    mailed = letters.send_link(
        state.settings, LinkPurpose.INVITATION, shown.email, secret, *languages
    )
    url = links.url(state.settings, secret)
    return InvitedUser(user=shown, set_up_url=url, mailed=mailed)


@router.post(
    "/service-accounts",
    tags=["users"],
    status_code=201,
    responses=GUARDED_BODY | responses(404, 409),
)
def create_service_account(
    body: NewServiceAccount,
    principal: SignedInAdmin,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> UserDetails:
    """Create an account that owns what a machine sends. It has tokens and cannot sign in."""
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
    user_id: UUID, body: UserChange, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> UserDetails:
    """Change a person's name, email, role or whether they may sign in.

    An API token can only rename and deactivate people who are not admins.
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
    user_id: UUID,
    principal: SignedInAdmin,
    state: AppState,
    accept_language: AcceptLanguage = None,
) -> SetUpLink:
    """Create a link with which the person sets a new password or accepts the invitation; earlier
    links stop working. If the site sends e-mail, the person receives it that way as well."""
    with state.database.write() as session:
        user = service.find(session, user_id)
        secret = service.set_up_link(session, state.site_key, principal.actor, user)
        email, pending = user.email, user.password_hash is None
        languages = user.language, principal.user.language, accepted(accept_language)
    purpose = LinkPurpose.INVITATION if pending else LinkPurpose.RESET
    mailed = letters.send_link(state.settings, purpose, email, secret, *languages)
    return SetUpLink(set_up_url=links.url(state.settings, secret), mailed=mailed)


@router.delete(
    "/users/{user_id}/reset-link",
    tags=["users"],
    status_code=204,
    responses=GUARDED | responses(404),
)
def end_links(
    user_id: UUID, principal: SignedInAdmin, session: DatabaseWrite, state: AppState
) -> None:
    """Revoke a person's invitation or link for a new password; succeeds if there is none."""
    user = service.find(session, user_id)
    if links.end_all(session, user):
        audit.record(session, state.site_key, principal.actor, "link.revoked", "user", user.id)


def _one(session: Session, user: User) -> UserDetails:
    return _details(session, [user])[0]


def _details(session: Session, users: Sequence[User]) -> list[UserDetails]:
    held = memberships.roles_of(session, [user.id for user in users])
    expiries = links.expiries(session, [user.id for user in users])
    return [
        UserDetails(
            id=user.id,
            name=user.name,
            email=user.email,
            role=memberships.highest(user, held[user.id]),
            site_admin=user.site_admin,
            projects=memberships.project_roles(held[user.id]),
            language=user.language,
            service=user.service,
            active=user.active,
            pending=user.password_hash is None and not user.service,
            link_expires_at=expiries.get(user.id),
            created_at=user.created_at,
            last_seen_at=user.last_seen_at,
        )
        for user in users
    ]
