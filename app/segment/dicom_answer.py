"""The answer to ``POST /segment`` as DICOM objects in the study of the uploaded file."""

from uuid import UUID

from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal
from app.core.problems import not_found
from app.core.state import State
from app.dicom_results.records import take_all
from app.dicom_results.related import related
from app.dicom_results.service import masks_of, objects
from app.jobs import service as jobs
from app.jobs.tables import Job, JobKind


async def dicom_answer(
    state: State, principal: Principal, job: Job, kinds: tuple[str, ...]
) -> tuple[bytes, str]:
    """Return a done job's mask as objects of these kinds, and the media type of the answer.

    For an upload that is not stored they are ready; for a stored image a worker makes them now.

    Raises:
        Problem: 404; 422 the file is not DICOM; 503 no worker answers.
    """
    if job.kind == JobKind.SEGMENT:
        made = await run_in_threadpool(take_all, state.blobs, state.site_key, job.id, kinds)
    else:
        image_id, masks = await run_in_threadpool(_masks, state, principal, job)
        made = await objects(state, principal, image_id, masks, kinds, identified=True)
    if not made:
        raise not_found("result")
    if len(kinds) == 1:
        return made[kinds[0]], "application/dicom"
    return related(list(made.values()))


def _masks(state: State, principal: Principal, job: Job) -> tuple[UUID, list[UUID]]:
    """Return the image and the mask that a job made; for a cine, all existing frames."""
    with state.database.read() as session:
        made = None if jobs.withheld(session, principal, job) else jobs.pictures(session, job)
        if made is None or made.image_id is None or made.mask_id is None:
            raise not_found("result")
        if job.kind == JobKind.PREDICT_FRAMES:
            return made.image_id, masks_of(session, principal, made.image_id, None, None)
        return made.image_id, [made.mask_id]
