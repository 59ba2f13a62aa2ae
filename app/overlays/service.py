"""The overlay of a mask: the stored one, or one that a worker draws now."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal
from app.core.blobs import BlobNotFoundError
from app.core.problems import not_found
from app.core.questions import ask
from app.core.slots import Slot
from app.core.state import State
from app.images.tables import file_stem, overlay_key
from app.jobs import service as jobs
from app.reviews.access import visible_frame
from app.reviews.visibility import revision_of, view_of

_KEPT = "The mask is kept; ask for the overlay again."


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay's key and file name; without a mask, it cannot be redrawn."""

    key: str
    name: str
    image_id: UUID | None = None
    mask_id: UUID | None = None


Find = Callable[[Session], Overlay]


def of_frame(principal: Principal, image_id: UUID, index: int, revision: int | None) -> Find:
    """Return a function that finds the overlay of a frame's revision; it raises 404 if the caller
    may not see it."""

    def find(session: Session) -> Overlay:
        image, frame = visible_frame(session, principal, image_id, index)
        view = view_of(session, image.id, principal.user.id)
        mask = revision_of(session, view, frame.id, revision)
        name = f"{file_stem(image, frame)}_overlay_{mask.revision}.png"
        return Overlay(overlay_key(image.id, frame.picture_id, mask.id), name, image.id, mask.id)

    return find


def of_job(principal: Principal, job_id: UUID) -> Find:
    """Return a function that finds the overlay of a job's result; it raises 404 if there is none
    for the caller."""

    def find(session: Session) -> Overlay:
        job = jobs.visible(session, principal, job_id)
        made = None
        if not jobs.withheld(session, principal, job):
            made = jobs.pictures(session, job)
        if made is None:
            raise not_found("result")
        return Overlay(made.overlay, f"{job.id}_overlay.png", made.image_id, made.mask_id)

    return find


def found(state: State, find: Find) -> Overlay:
    """Run `find` in its own read session."""
    with state.database.read() as session:
        return find(session)


async def png(state: State, principal: Principal, find: Find) -> bytes:
    """Return the overlay as PNG.

    Raises:
        Problem: 404 it may not be seen, or the job stores nothing and no overlay was requested;
            429 the caller has too many requests under way; 503 no worker answers.
    """
    overlay = await run_in_threadpool(found, state, find)
    kept = await run_in_threadpool(_kept, state, overlay)
    if kept is not None:
        return kept
    if overlay.image_id is None:
        raise not_found("overlay")
    question = {
        "kind": "overlay",
        "image_id": str(overlay.image_id),
        "mask_id": str(overlay.mask_id),
    }
    most = state.settings.questions_per_person
    with state.slots.hold(Slot.QUESTION, principal.user.id, most):
        await ask(state, question, _KEPT)
    # Access and pixels may have changed meanwhile.
    overlay = await run_in_threadpool(found, state, find)
    kept = await run_in_threadpool(_kept, state, overlay)
    if kept is None:
        raise not_found("overlay")
    return kept


def _kept(state: State, overlay: Overlay) -> bytes | None:
    try:
        return state.blobs.get(overlay.key)
    except BlobNotFoundError:
        return None
