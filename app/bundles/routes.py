"""``/bundles`` and ``/bundle-keys``: signed content that goes from one site to another."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from app.accounts.access import (
    ADMIN,
    SITE_ADMIN,
    Admin,
    GuardedRoute,
    ProjectAdmin,
    SiteAdmin,
)
from app.accounts.downloads import while_allowed
from app.accounts.idempotency import IdempotencyKey
from app.bundles import service
from app.bundles.schemas import (
    BundleDetails,
    BundleKeyDetails,
    BundleKeyList,
    BundleList,
    NewBundleKey,
)
from app.core.methods import is_head
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.core.uploads import form_body, received
from app.exports import service as exports

router = APIRouter(tags=["models"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
BODY = form_body(
    name={"type": "string", "description": "Name of the model here, if its own is taken."}
)
Part = Annotated[str, Path(max_length=80)]


@router.get("/bundle-keys", responses=GUARDED)
def list_bundle_keys(principal: SiteAdmin, session: DatabaseRead, state: AppState) -> BundleKeyList:
    """Return this site's own public key and the keys of other sites that it trusts."""
    return service.keys(session, state.site_key)


@router.post("/bundle-keys", status_code=201, responses=GUARDED_BODY | responses(409))
def trust_bundle_key(
    body: NewBundleKey, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> BundleKeyDetails:
    """Trust another site: bundles signed with its key are accepted from now on. Compare the key by
    telephone, not with the message that it came in."""
    return service.trust(session, state.site_key, principal, body)


@router.delete("/bundle-keys/{bundle_key_id}", status_code=204, responses=ONE)
def revoke_bundle_key(
    bundle_key_id: UUID, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> None:
    """Stop trusting a key. What was imported with it stays."""
    service.revoke(session, state.site_key, principal, bundle_key_id)


@router.get("/bundles", responses=GUARDED)
def list_bundles(principal: ProjectAdmin, session: DatabaseRead) -> BundleList:
    """List the last bundles that were sent here, to any project, newest first."""
    service.require_site_admin(principal)
    return BundleList(items=service.recent(session))


@router.post(
    "/bundles",
    status_code=202,
    responses=GUARDED | responses(400, 413, 415, 507),
    openapi_extra=BODY,
)
async def import_bundle(
    request: Request,
    principal: ProjectAdmin,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> BundleDetails:
    """Send a signed bundle of another site. A model is verified like any other and becomes a
    candidate; a pool becomes an import of this project, which is checked and then applied."""
    service.require_site_admin(principal)
    most = state.settings.max_import_bytes
    async with received(request, "the bundle", most, ["name"]) as (upload, fields):
        name = fields.get("name") or None
        job_id = await run_in_threadpool(
            service.accept, state, principal, upload, name, idempotency_key
        )
    return await run_in_threadpool(service.seen, state, job_id)


@router.get(
    "/models/{name}/{version}/bundle",
    response_class=Response,
    responses={**ZIP, **ONE, **responses(409)},
)
def get_model_bundle(
    name: Part,
    version: Part,
    request: Request,
    principal: SiteAdmin,
    session: DatabaseWrite,
    state: AppState,
) -> Response:
    """Return a version's files and its evaluation's rows as a signed bundle, without any image."""
    counts = not is_head(request)
    pieces = service.model_bundle(session, state, principal, f"{name}@{version}", counts=counts)
    return _sent(while_allowed(request, state, SITE_ADMIN, pieces), f"{name}-{version}")


@router.get(
    "/exports/{export_id:uuid}/bundle",
    response_class=Response,
    responses={**ZIP, **ONE, **responses(409, 410)},
)
def get_export_bundle(
    export_id: UUID, request: Request, principal: Admin, session: DatabaseWrite, state: AppState
) -> Response:
    """Return a finished export of the format png as a signed bundle."""
    export = exports.find(session, export_id)
    counts = not is_head(request)
    pieces = service.pool_bundle(session, state, principal, export, counts=counts)
    still = partial(exports.require_still, state, export_id)
    return _sent(while_allowed(request, state, ADMIN, pieces, still), f"pool-{export_id}")


def _sent(pieces: Iterator[bytes], name: str) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}.bundle.zip"',
    }
    return StreamingResponse(pieces, 200, headers, "application/zip")
