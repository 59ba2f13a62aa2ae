"""``POST /images``: a ZIP of DICOM files, each of which becomes an image."""

import tempfile
import time
import zipfile
from typing import IO, Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.accounts.access import GuardedRoute, ProjectSegmenter
from app.accounts.authentication import require_still
from app.accounts.principal import Principal
from app.core.http import too_large
from app.core.problems import GUARDED, Problem, disk_full, responses
from app.core.slots import Slot
from app.core.state import AppState, State
from app.dicom.archives import (
    SPOOL_BYTES,
    MemberError,
    StudyArchive,
    is_directory_record,
    shown_name,
)
from app.dicom.receiving import Reason, RefusedError, receive
from app.images.tables import ImageSource

router = APIRouter(tags=["images"], route_class=GuardedRoute)

TRUSTED_SECONDS = 3.0
"""After this time the caller's access is checked again."""
CODES = {
    Reason.OUT_OF_RESOURCES: "no-room",
    Reason.NOT_UNDERSTOOD: "no-dicom",
    Reason.CLASS_NOT_SUPPORTED: "other-class",
    Reason.SYNTAX_NOT_SUPPORTED: "transfer-syntax",
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Member(BaseModel):
    """The outcome for one file of the archive."""

    name: str = Field(description="Its path in the archive.")
    state: Literal["kept", "known", "left-out", "refused"] = Field(
        description="kept: a job makes an image of it; known: the same file came before; left-out: "
        "a DICOMDIR; refused: see `code` and `reason`."
    )
    job_id: Annotated[
        UUID | None, Field(description="See `GET /jobs/{job_id}`; null if there is none.")
    ] = None
    code: str | None = None
    reason: str | None = None


class Taken(BaseModel):
    """The outcome for an archive, file by file in the archive's order."""

    kept: int
    known: int
    refused: int
    members: list[Member]


@router.post(
    "/images", responses=GUARDED | responses(400, 413, 415, 422, 429, 507), openapi_extra=BODY
)
async def send_study(request: Request, principal: ProjectSegmenter, state: AppState) -> Taken:
    """Send the DICOM files of a ZIP, such as a packed DICOMDIR folder.

    Each file has its own result and is stored durably before the answer. Files of one study become
    images of one study, by the UIDs that they contain. The same archive may be sent again: files
    that came before are `known`. 422 `nothing-taken` if no file is an image.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in ("application/zip", "application/x-zip-compressed"):
        raise Problem(
            415,
            "unsupported-media-type",
            "Send a ZIP of DICOM files as `application/zip`; single images go to `/segment`.",
        )
    limit = state.settings.max_study_bytes
    person = principal.user.id
    with (
        state.slots.hold(Slot.UPLOAD, person, state.settings.uploads_per_person),
        tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file,
    ):
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            await run_in_threadpool(file.write, chunk)
        members = await _take(request, principal, state, file)
    states = [one.state for one in members]
    taken = Taken(
        kept=states.count("kept"),
        known=states.count("known"),
        refused=states.count("refused"),
        members=members,
    )
    if not taken.kept and not taken.known:
        if any(one.code == "storage-full" for one in members):
            raise disk_full()
        raise Problem(
            422,
            "nothing-taken",
            "No file of the ZIP is an accepted DICOM image; `members` says why.",
            members=[one.model_dump(mode="json") for one in members],
        )
    return taken


async def _take(
    request: Request, principal: Principal, state: State, file: IO[bytes]
) -> list[Member]:
    settings = state.settings
    archive = await run_in_threadpool(
        StudyArchive, file, settings.max_upload_bytes, settings.max_study_bytes
    )
    members = []
    asked = time.monotonic()
    for entry in archive.entries:
        if time.monotonic() - asked > TRUSTED_SECONDS:
            await run_in_threadpool(require_still, request, state)
            asked = time.monotonic()
        members.append(await run_in_threadpool(_take_one, principal, state, archive, entry))
    return members


def _take_one(
    principal: Principal, state: State, archive: StudyArchive, entry: zipfile.ZipInfo
) -> Member:
    name = shown_name(entry)
    if is_directory_record(entry):
        return Member(name=name, state="left-out")
    source = ImageSource.SCRIPT if principal.token else ImageSource.UPLOAD
    try:
        with archive.opened(entry) as file:
            received = receive(state, principal, file, source=source)
    except MemberError as error:
        return Member(name=name, state="refused", code=error.code, reason=error.reason)
    except RefusedError as error:
        code = "storage-full" if error.full else CODES.get(error.reason, "failed")
        return Member(name=name, state="refused", code=code, reason=error.detail)
    return Member(
        name=name, state="known" if received.duplicate else "kept", job_id=received.job_id
    )
