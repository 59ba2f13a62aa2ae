"""Find the masks, ask a worker for their objects, and fetch these."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal
from app.core.ids import new_id
from app.core.problems import not_found
from app.core.questions import ask
from app.core.slots import Slot
from app.core.state import State
from app.dicom_results.records import Order, take_all
from app.images.tables import Frame
from app.masks.tables import Mask
from app.reviews.access import visible, visible_frame
from app.reviews.visibility import revision_of, view_of

_KEPT = "The mask is kept; ask for the object again."


def masks_of(
    session: Session, principal: Principal, image_id: UUID, index: int | None, revision: int | None
) -> list[UUID]:
    """Return the revisions that an object is made of: the named one (of the first frame if no frame
    is named), or the newest of each frame that the caller may see.

    Raises:
        Problem: 404.
    """
    if index is not None or revision is not None:
        image, frame = visible_frame(session, principal, image_id, index or 0)
        view = view_of(session, image.id, principal.user.id)
        return [revision_of(session, view, frame.id, revision).id]
    image = visible(session, principal, image_id)
    view = view_of(session, image.id, principal.user.id)
    rows = session.execute(
        select(Frame.index, Mask.id)
        .join(Frame, Frame.id == Mask.frame_id)
        .where(Mask.image_id == image.id, view.masks)
        .order_by(Frame.index, Mask.revision)
    )
    # By position, because a row has a method named "index".
    newest = {row[0]: row[1] for row in rows}
    if not newest:
        raise not_found("mask")
    return list(newest.values())


async def objects(
    state: State,
    principal: Principal,
    image_id: UUID,
    mask_ids: Sequence[UUID],
    kinds: Sequence[str],
    *,
    identified: bool,
) -> dict[str, bytes]:
    """Return these objects of masks that the caller may see, except those that would show nothing.

    Raises:
        Problem: 404 if the image or mask was deleted in the meantime; 422 if the image does not
            come from a DICOM file; 429; 503 if no worker answers.
    """
    order = Order(new_id(), image_id, mask_ids, kinds, identified, principal.actor)
    most = state.settings.questions_per_person
    with state.slots.hold(Slot.QUESTION, principal.user.id, most):
        await ask(state, order.to_question(), _KEPT)
    return await run_in_threadpool(take_all, state.blobs, state.site_key, order.id, kinds)
