"""Readings, reviews, agreement, consensus, queues, effort: from a correction to the pool."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.accounts.access import (
    GuardedRoute,
    ProjectReader,
    ProjectReviewer,
    ProjectReviewingWriter,
    Reader,
    ReviewingWriter,
    Writer,
)
from app.accounts.idempotency import IdempotencyKey
from app.accounts.tables import Role
from app.core.problems import GUARDED, GUARDED_BODY, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.core.times import Time
from app.images.framed import FrameIndex, framed
from app.jobs.schemas import JobSummary
from app.jobs.service import summary
from app.projects.records import rules_of
from app.reviews import access as images
from app.reviews import (
    agreement,
    assignments,
    consensus,
    decisions,
    effort,
    queues,
    service,
    undoing,
)
from app.reviews.details import one_reading, one_review
from app.reviews.frames import submitted_frames
from app.reviews.schemas import (
    AgreementDetails,
    AgreementTotals,
    Bucket,
    Distribute,
    Distribution,
    EffortReport,
    ManyReadings,
    NewConsensus,
    NewReadings,
    NewReview,
    QueueCounts,
    ReaderList,
    ReadingDetails,
    ReviewDetails,
    Submission,
    SubmittedFrameList,
)
from app.reviews.visibility import revision_of, view_of

router = APIRouter(tags=["reviews"], route_class=GuardedRoute)

ACT = {**GUARDED_BODY, **responses(404, 409)}
ONE = {**GUARDED, **responses(404)}


@framed(router, "POST", "/submit", responses=ACT)
def submit_reading(
    image_id: UUID,
    frame_index: FrameIndex,
    body: Submission,
    principal: Writer,
    session: DatabaseWrite,
    state: AppState,
) -> ReadingDetails:
    """Hand in a revision of one's own; for a cine, all frames that one has corrected.

    Each frame is handed in as last saved. The revision may be of any of them.
    """
    image, frame = images.visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    mask = revision_of(session, view, frame.id, body.revision)
    reading = service.submit(session, state, principal, image, mask)
    return one_reading(session, reading.id)


@router.delete("/images/{image_id}/submit", status_code=204, responses={**ONE, **responses(409)})
def withdraw_reading(
    image_id: UUID, principal: Writer, session: DatabaseWrite, state: AppState
) -> None:
    """Take back one's own submission, while nobody has reviewed it."""
    image = images.visible(session, principal, image_id)
    service.withdraw(session, state, principal, image.id)


@framed(router, "POST", "/reviews", status_code=201, responses=ACT)
def review_image(
    image_id: UUID,
    frame_index: FrameIndex,
    body: NewReview,
    principal: ReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> ReviewDetails:
    """Approve a revision that was handed in, or return it with a comment.

    Nobody approves their own work, unless the site allows it or somebody else's answer is the same.
    Returning the approved revision takes the image out of the training pool. The decision on a cine
    covers all frames that were handed in with the named one, unless `further` chooses a revision
    for each frame.
    """
    decision = decisions.Decision(
        body.revision, body.verdict, body.comment, frame_index, body.further
    )
    review = decisions.decide(session, state, principal, image_id, decision, idempotency_key)
    return one_review(session, review.id)


@router.delete(
    "/images/{image_id}/reviews/{review_id}",
    status_code=204,
    responses={**ONE, **responses(409)},
)
def take_back_review(
    image_id: UUID,
    review_id: UUID,
    principal: ReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
) -> None:
    """Take back one's own latest decision, while nobody has acted on it."""
    undoing.take_back_review(session, state, principal, image_id, review_id)


@router.post("/images/{image_id}/readings", status_code=201, responses=ACT)
def assign_image(
    image_id: UUID,
    body: NewReadings,
    principal: ReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> list[ReadingDetails]:
    """Assign an image to people; blind readers do not see each other's masks until all are in."""
    made = assignments.assign(session, state, principal, [image_id], body, idempotency_key)
    return [one_reading(session, one) for one in made]


@router.post("/readings", status_code=201, responses=ACT)
def assign_images(
    body: ManyReadings,
    principal: ProjectReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> list[ReadingDetails]:
    """Assign several images to people, all or none."""
    made = assignments.assign(session, state, principal, body.image_ids, body, idempotency_key)
    return [one_reading(session, one) for one in made]


@router.post("/readings/distribute", status_code=201, responses=GUARDED_BODY)
def distribute_readings(
    body: Distribute,
    principal: ProjectReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> Distribution:
    """Assign images that need a reader to the annotators who have least to do."""
    return assignments.distribute(session, state, principal, body, idempotency_key)


@router.get("/readers", responses=GUARDED)
def list_readers(principal: ProjectReviewer, session: DatabaseRead) -> ReaderList:
    """Members of the project who can be assigned images, with how much they have to do."""
    return ReaderList(items=assignments.readers(session, principal.project))


@router.delete(
    "/images/{image_id}/readings/{reading_id}",
    status_code=204,
    responses={**ONE, **responses(409)},
)
def remove_reading(
    image_id: UUID,
    reading_id: UUID,
    principal: ReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    release: Annotated[
        bool, Query(description="Also where something is drawn: it is kept and not waited for.")
    ] = False,
) -> None:
    """Take an assignment back."""
    assignments.remove(session, state, principal, image_id, reading_id, release=release)


@router.delete(
    "/images/{image_id}/double-reading", status_code=204, responses={**ONE, **responses(409)}
)
def read_once(
    image_id: UUID, principal: ReviewingWriter, session: DatabaseWrite, state: AppState
) -> None:
    """Require only one reading for an image that was to be read twice."""
    assignments.read_once(session, state, principal, image_id)


@router.get("/queues", responses=GUARDED)
def get_queues(principal: ProjectReader, session: DatabaseRead, state: AppState) -> QueueCounts:
    """Counts of images that wait for the caller."""
    own_too = rules_of(session, principal.project, state.settings).self_approval
    return queues.counts(session, principal, own_too=own_too)


@router.get("/images/{image_id}/submitted-frames", responses=ONE)
def get_submitted_frames(
    image_id: UUID, principal: Reader, session: DatabaseRead
) -> SubmittedFrameList:
    """Frames that were handed in: each reader's revision, their agreement, and a consensus."""
    image = images.visible(session, principal, image_id)
    return submitted_frames(session, view_of(session, image.id, principal.user.id))


@framed(router, "GET", "/agreement", responses=ONE)
def get_agreement(
    image_id: UUID, frame_index: FrameIndex, principal: Reader, session: DatabaseRead
) -> AgreementDetails:
    """Agreement of the two blind readings of an image on a frame."""
    image, frame = images.visible_frame(session, principal, image_id, frame_index)
    view = view_of(session, image.id, principal.user.id)
    return agreement.of_frame(session, view, frame.id)


@router.get("/agreement", responses=GUARDED)
def get_agreement_totals(
    principal: ProjectReviewer,
    session: DatabaseRead,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to", description="Exclusive.")] = None,
) -> AgreementTotals:
    """Agreement of blind readings in a project, and by pair of readers."""
    return agreement.totals(session, principal.project, since, until)


@framed(router, "POST", "/consensus", status_code=202, responses=ACT)
def make_consensus(
    image_id: UUID,
    frame_index: FrameIndex,
    body: NewConsensus,
    principal: ReviewingWriter,
    session: DatabaseWrite,
    state: AppState,
    idempotency_key: IdempotencyKey = None,
) -> JobSummary:
    """Make one mask out of several people's; it becomes a revision that can be approved."""
    job = consensus.ask(session, state, principal, image_id, body, idempotency_key, frame_index)
    return summary(session, principal, job)


@router.get("/effort", responses=GUARDED)
def get_effort(
    principal: ProjectReviewer,
    session: DatabaseRead,
    since: Annotated[Time | None, Query(alias="from")] = None,
    until: Annotated[Time | None, Query(alias="to", description="Exclusive.")] = None,
    bucket: Bucket = Bucket.WEEK,
) -> EffortReport:
    """Return the cost of corrections: seconds, Dice against the model, share left untouched."""
    admin = principal.has(Role.ADMIN)
    return effort.report(session, principal.project, since, until, bucket, by_person=admin)
