"""Requesting a consensus: one mask made from those that several readers handed in."""

from uuid import UUID

from sqlalchemy import select

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.database import WriteSession
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.records import frame_mark
from app.images.tables import Frame, ImageState
from app.jobs.service import Presentation, enqueue, present
from app.jobs.tables import Job
from app.masks.tables import Assessment, Mask, MaskSource
from app.reviews.access import hides_mask, pictures_of
from app.reviews.jobs import CONSENSUS, ConsensusParameters
from app.reviews.readings import locked
from app.reviews.schemas import NewConsensus


def ask(
    session: WriteSession,
    state: State,
    principal: Principal,
    image_id: UUID,
    wanted: NewConsensus,
    key: str | None,
    frame_index: int = 0,
) -> Job:
    """Queue a consensus of revisions by at least two people.

    Raises:
        Problem: 404; 409 the image does not wait for a review; 422 a revision that was not made
            by a person or has no answer for the pixels, all by one person, or a reused key.
    """
    asked = fingerprint("consensus", image_id, *frame_mark(frame_index), wanted.model_dump_json())
    known = recall(session, principal, key, asked, "job", Job)
    if known is not None:
        return session.get_one(Job, known)
    image = locked(session, image_id)
    if image.state != ImageState.SUBMITTED:
        raise Problem(
            409, "not-submitted", "A consensus is made once everybody has submitted; wait for them."
        )
    query = (
        select(Mask)
        .join(Frame, Frame.id == Mask.frame_id)
        .where(
            Frame.image_id == image.id,
            Frame.index == frame_index,
            Mask.revision.in_(wanted.revisions),
        )
    )
    masks = {one.revision: one for one in session.scalars(query)}
    if len(masks) < len(wanted.revisions):
        raise not_found("revision")
    if any(one.source != MaskSource.HUMAN for one in masks.values()):
        raise Problem(
            422, "not-a-readers", "A consensus is made of what people drew; leave the others out."
        )
    if any(one.answer == Assessment.CANNOT_JUDGE for one in masks.values()):
        raise Problem(
            422, "cannot-judge", "A reader who could not judge the image provides no outline."
        )
    if len({one.author_id for one in masks.values()}) < 2:
        raise Problem(422, "one-author", "A consensus needs at least two people.")
    parameters = ConsensusParameters(
        method=wanted.method, masks=tuple(masks[one].id for one in sorted(masks))
    )
    job_id = enqueue(
        session,
        state,
        CONSENSUS,
        parameters,
        project_id=image.project_id,
        owner_id=principal.user.id,
        image_id=image.id,
    )
    remember(session, principal, key, asked, "job", job_id)
    audit.record(
        session,
        state.site_key,
        principal.actor,
        "consensus.asked",
        "image",
        image.id,
        method=wanted.method,
        revisions=sorted(masks),
    )
    return session.get_one(Job, job_id)


def _mask(job: Job) -> UUID | None:
    result = CONSENSUS.result_of(job)
    return result.mask_id if result else None


present(
    Presentation(
        CONSENSUS,
        hidden=lambda session, principal, job: hides_mask(session, principal, job, _mask(job)),
        pictures=lambda session, job: pictures_of(session, job, _mask(job)),
        has_pictures=True,
    )
)
