"""STOW-RS: a PACS stores instances here by HTTP (PS3.18 10.5)."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from app.accounts.access import GuardedRoute, ProjectSegmenter
from app.accounts.authentication import require_still
from app.accounts.principal import Principal
from app.core.http import too_large
from app.core.problems import GUARDED, Problem, disk_full, responses
from app.core.slots import Slot
from app.core.state import AppState, State
from app.dicom.receiving import Reason, Received, RefusedError, receive
from app.dicom.related import Part, boundary_of, broken, parts

router = APIRouter(tags=["dicomweb"], route_class=GuardedRoute)

DICOM_JSON = "application/dicom+json"
MOST_INSTANCES = 5_000
"""Most instances in one request, because the answer names each of them."""
TRUSTED_SECONDS = 3.0
"""After this time the caller's access is checked again."""
Uid = Annotated[
    str, Path(pattern=r"^[0-9][0-9.]{0,63}$", description="Study Instance UID of all instances.")
]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/related": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": 'Parts of type application/dicom: `type="application/dicom"`.',
                }
            }
        },
    }
}
STORED: dict[int | str, dict[str, Any]] = {
    200: {"description": "All instances were stored.", "content": {DICOM_JSON: {"schema": {}}}},
    202: {
        "description": "Some instances were not stored.",
        "content": {DICOM_JSON: {"schema": {}}},
    },
    409: {"description": "No instance was stored.", "content": {DICOM_JSON: {"schema": {}}}},
    **responses(400, 406, 413, 415, 429, 507),
}


@router.post(
    "/dicomweb/studies",
    response_class=Response,
    responses=GUARDED | STORED,
    openapi_extra=BODY,
)
async def store_instances(
    request: Request, principal: ProjectSegmenter, state: AppState
) -> Response:
    """Store DICOM instances, of any study.

    Each one is stored durably before the answer, and becomes an image once a worker has decoded it.
    """
    return await _stored(request, principal, state, None)


@router.post(
    "/dicomweb/studies/{study}",
    response_class=Response,
    responses=GUARDED | STORED,
    openapi_extra=BODY,
)
async def store_instances_of_study(
    study: Uid, request: Request, principal: ProjectSegmenter, state: AppState
) -> Response:
    """Store DICOM instances of one study; those of another are refused one by one."""
    return await _stored(request, principal, state, study)


async def _stored(
    request: Request, principal: Principal, state: State, study: str | None
) -> Response:
    accepted = request.headers.get("Accept", "*/*")
    if not any(kind in accepted for kind in (DICOM_JSON, "application/json", "*/*", "tion/*")):
        raise Problem(406, "not-acceptable", f"Accept `{DICOM_JSON}`.")
    boundary, kind = boundary_of(request.headers.get("Content-Type", ""))
    if kind not in ("", "application/dicom"):
        raise Problem(
            415, "unsupported-media-type", 'Send files: `type="application/dicom"`, not metadata.'
        )
    person = principal.user.id
    kept: list[Received] = []
    refused: list[RefusedError] = []
    asked = time.monotonic()
    with state.slots.hold(Slot.UPLOAD, person, state.settings.uploads_per_person):
        async for part in parts(request.stream(), boundary, state.settings.max_upload_bytes):
            if len(kept) + len(refused) >= MOST_INSTANCES:
                if part.file is not None:
                    part.file.close()
                raise too_many()
            if time.monotonic() - asked > TRUSTED_SECONDS:
                await run_in_threadpool(require_still, request, state)
                asked = time.monotonic()
            try:
                kept.append(await asyncio.shield(_take(state, principal, part, study)))
            except RefusedError as error:
                refused.append(error)
    if not kept and not refused:
        raise broken("It holds no part.")
    if not kept and all(one.full for one in refused):
        raise disk_full()
    later = [one.later for one in refused if one.later is not None]
    if not kept and len(later) == len(refused):
        raise later[0]
    return _answer(kept, refused)


async def _take(state: State, principal: Principal, part: Part, study: str | None) -> Received:
    if part.file is None:
        limit = state.settings.max_upload_bytes
        raise RefusedError(Reason.OUT_OF_RESOURCES, f"The part is larger than {limit:,} bytes.")
    with part.file as file:
        if part.kind not in ("", "application/dicom"):
            raise RefusedError(Reason.NOT_UNDERSTOOD, "The part is not of type application/dicom.")
        return await run_in_threadpool(receive, state, principal, file, study)


def too_many() -> Problem:
    """Return a 413 for a request with more instances than an answer may name."""
    problem = too_large(MOST_INSTANCES)
    return Problem(
        problem.status,
        problem.code,
        f"A request may hold {MOST_INSTANCES:,} instances; those before are kept. Send the others "
        "in another one.",
    )


def _answer(kept: list[Received], refused: list[RefusedError]) -> Response:
    """Return the Store Instances Response Module (PS3.18 I.2)."""
    document: dict[str, Any] = {}
    if kept:
        document["00081199"] = {
            "vr": "SQ",
            "Value": [_uids(one.head.sop_class, one.head.instance) for one in kept],
        }
    if refused:
        items = []
        for error in refused:
            head = error.head
            item = _uids(head.sop_class, head.instance) if head else {}
            items.append({**item, "00081197": {"vr": "US", "Value": [int(error.reason)]}})
        document["00081198"] = {"vr": "SQ", "Value": items}
    status = 200 if not refused else 202 if kept else 409
    return JSONResponse(document, status_code=status, media_type=DICOM_JSON)


def _uids(sop_class: str, instance: str) -> dict[str, Any]:
    return {
        tag: {"vr": "UI", "Value": [uid]}
        for tag, uid in (("00081150", sop_class), ("00081155", instance))
        if uid
    }
