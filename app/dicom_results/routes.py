"""``GET /images/{id}/dicom``: a mask as a DICOM object."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal, Reader
from app.core.problems import GUARDED, Problem, responses
from app.core.state import AppState, State
from app.dicom_results.service import masks_of, objects

router = APIRouter(tags=["images"])

ObjectKind = Literal["seg", "sr", "sc", "pr"]


@router.get(
    "/images/{image_id}/dicom",
    response_class=Response,
    responses={
        200: {"content": {"application/dicom": {"schema": {"type": "string", "format": "binary"}}}},
        **GUARDED,
        **responses(404, 409, 429, 503),
    },
)
async def get_dicom(
    image_id: UUID,
    principal: Reader,
    state: AppState,
    kind: Annotated[
        ObjectKind,
        Query(
            description="seg: segmentation; sr: measurements; sc: the overlay as a secondary "
            "capture; pr: presentation state with the outlines."
        ),
    ] = "seg",
    frame: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Default: all.")] = None,
    revision: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Default: the newest of each frame.")
    ] = None,
) -> Response:
    """Return a mask as a DICOM object under pseudonyms: this site assigns its own names and UIDs to
    patient, study and image, which are the same in all their objects.

    404 `no-lesion` if the object would show nothing.
    """
    masks = await run_in_threadpool(_find, state, principal, image_id, frame, revision)
    made = await objects(state, principal, image_id, masks, [kind], identified=False)
    if kind not in made:
        raise Problem(404, "no-lesion", "There is no lesion to show; ask for `seg` or `sr`.")
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{image_id}_{kind}.dcm"',
    }
    return Response(made[kind], media_type="application/dicom", headers=headers)


def _find(
    state: State, principal: Principal, image_id: UUID, frame: int | None, revision: int | None
) -> list[UUID]:
    with state.database.read() as session:
        return masks_of(session, principal, image_id, frame, revision)
