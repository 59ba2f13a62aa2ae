"""``/tokens``: credentials of scripts."""

from uuid import UUID

from fastapi import APIRouter

from app.accounts import tokens
from app.accounts.access import GuardedRoute, SignedIn, TokenKeeper
from app.accounts.idempotency import IdempotencyKey, fingerprint, recall, remember
from app.accounts.principal import principal_of
from app.accounts.schemas import CreatedToken, NewToken, PersonName, TokenDetails
from app.accounts.tables import ApiToken, User
from app.core.pagination import Cursor, Limit, Page, id_in_cursor, page_of
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite

router = APIRouter(route_class=GuardedRoute)


@router.get("/tokens", tags=["tokens"], responses=GUARDED)
def list_tokens(
    principal: TokenKeeper, session: DatabaseRead, cursor: Cursor = None, limit: Limit = 50
) -> Page[TokenDetails]:
    """List the caller's tokens, newest first; admins see everybody's."""
    owner = None if principal.user.site_admin else principal.user
    found = tokens.page(session, owner, id_in_cursor(cursor), limit + 1)
    return page_of(
        found, limit, lambda rows: [TokenDetails(**_token(one, one.user)) for one in rows]
    )


@router.post("/tokens", tags=["tokens"], status_code=201, responses=GUARDED_BODY | responses(404))
def create_token(
    body: NewToken,
    principal: SignedIn,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> CreatedToken:
    """Create a token that acts as the caller, within its scopes. The secret is shown only once.

    Site admins also create tokens of service accounts; these never administer anything.
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
def revoke_token(
    token_id: UUID, principal: TokenKeeper, session: DatabaseWrite, state: AppState
) -> None:
    """Revoke a token; requests with it are refused at once."""
    token = tokens.find(session, principal, token_id)
    tokens.revoke(session, state.site_key, principal.actor, token)


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
