"""The frames of an image that were handed in, with the revisions that a reviewer chooses from."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.images.tables import Frame
from app.masks.tables import Mask, MaskSource
from app.reviews.readings import readings_of
from app.reviews.schemas import SubmittedFrame, SubmittedFrameList, SubmittedRevision
from app.reviews.tables import Agreement, Reading
from app.reviews.visibility import View


def submitted_frames(session: Session, view: View) -> SubmittedFrameList:
    """Return the submitted frames that a person may see, in time order. It takes five statements
    for any number of frames. A blind reader at work sees only their own."""
    readings = [
        one
        for one in readings_of(session, view.image_id)
        if one.submitted_mask_id and view.sees_work_of(one.reader_id)
    ]
    revisions = _revisions(session, readings)
    frames = session.scalars(
        select(Frame).where(Frame.id.in_(revisions)).order_by(Frame.index)
    ).all()
    consensus = {} if view.blind else _consensus(session, view.image_id)
    dice = {} if view.blind else _dice(session, view.image_id)
    return SubmittedFrameList(
        items=[
            SubmittedFrame(
                index=frame.index,
                time_ms=frame.time_ms,
                revisions=revisions[frame.id],
                consensus=consensus.get(frame.id),
                dice=dice.get(frame.id),
            )
            for frame in frames
        ]
    )


def _revisions(
    session: Session, readings: Iterable[Reading]
) -> dict[UUID, list[SubmittedRevision]]:
    """Return the newest revision of each reading, by frame."""
    ids = [one.id for one in readings]
    query = (
        select(Mask.frame_id, Mask.reading_id, func.max(Mask.revision).label("revision"))
        .where(Mask.reading_id.in_(ids))
        .group_by(Mask.frame_id, Mask.reading_id)
        .order_by(Mask.reading_id)
    )
    found: dict[UUID, list[SubmittedRevision]] = defaultdict(list)
    for row in session.execute(query):
        found[row.frame_id].append(
            SubmittedRevision(reading_id=row.reading_id, revision=row.revision)
        )
    return found


def _consensus(session: Session, image_id: UUID) -> dict[UUID, int]:
    query = (
        select(Mask.frame_id, func.max(Mask.revision).label("revision"))
        .where(Mask.image_id == image_id, Mask.source == MaskSource.CONSENSUS)
        .group_by(Mask.frame_id)
    )
    return {row.frame_id: row.revision for row in session.execute(query)}


def _dice(session: Session, image_id: UUID) -> dict[UUID, float]:
    query = select(Agreement.frame_id, Agreement.dice).where(Agreement.image_id == image_id)
    return {row.frame_id: row.dice for row in session.execute(query)}
