"""The remaining work of a shadow, and its end, for the api and for workers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core import audit
from app.core.audit import Actor
from app.core.broker import BACKGROUND_QUEUE, INTERACTIVE_QUEUE, SEGMENT_QUEUE, BrokerClient
from app.core.database import WriteSession
from app.core.ids import now
from app.core.security import SiteKey
from app.deployments.records import serving
from app.images.tables import Frame, Image, ImageState
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Assessment, Mask, MaskSource
from app.model_versions.tables import ModelVersion, Shadow, Standing
from app.shadows.tables import ShadowAnswer


def running(session: Session, project_id: UUID | None = None) -> Sequence[Shadow]:
    """Return the running shadows of one project or of all."""
    query = select(Shadow).where(Shadow.ended_at.is_(None)).order_by(Shadow.id)
    if project_id is not None:
        query = query.where(Shadow.project_id == project_id)
    return session.scalars(query).all()


def unseen(shadow: Shadow) -> Select[UUID]:
    """Return a query for ids of new images' frames that another version has outlined and the shadow
    has not, or not with the current pixels; oldest first."""
    outlined = exists().where(
        Mask.frame_id == Frame.id,
        Mask.source == MaskSource.MODEL,
        or_(Mask.model_name != shadow.model_name, Mask.model_version != shadow.model_version),
    )
    answered = and_(ShadowAnswer.frame_id == Frame.id, ShadowAnswer.shadow_id == shadow.id)
    return (
        select(Frame.id)
        .join(Image, Image.id == Frame.image_id)
        .outerjoin(ShadowAnswer, answered)
        .where(
            Image.project_id == shadow.project_id,
            Image.id > shadow.id,
            or_(
                ShadowAnswer.id.is_(None),
                ShadowAnswer.picture_id.is_distinct_from(Frame.picture_id),
            ),
            outlined,
        )
        .order_by(Image.id, Frame.index)
    )


def uncompared(shadow: Shadow) -> Select[UUID]:
    """Return a query for ids of answers on frames that were approved, or approved again, since."""
    approved = aliased(Mask)
    return (
        select(ShadowAnswer.id)
        .join(Frame, Frame.id == ShadowAnswer.frame_id)
        .join(Image, Image.id == Frame.image_id)
        .join(approved, approved.id == Frame.approved_mask_id)
        .where(
            ShadowAnswer.shadow_id == shadow.id,
            Image.project_id == shadow.project_id,
            Image.state == ImageState.APPROVED,
            ShadowAnswer.compared_mask_id.is_distinct_from(Frame.approved_mask_id),
            or_(approved.answer.is_(None), approved.answer != Assessment.CANNOT_JUDGE),
        )
        .order_by(ShadowAnswer.id)
    )


def counts(session: Session, shadow: Shadow) -> tuple[int, int]:
    """Return the number of answers, and of those compared with an approved mask."""
    query = (
        select(func.count(), func.count(ShadowAnswer.compared_mask_id))
        .join(Image, Image.id == ShadowAnswer.image_id)
        .where(ShadowAnswer.shadow_id == shadow.id, Image.project_id == shadow.project_id)
    )
    answers, compared = session.execute(query).one()
    return answers, compared


def has_work(session: Session, shadow: Shadow) -> bool:
    """Whether there is anything to do; for a shadow that has ended, only comparing."""
    queries = [uncompared(shadow)] + ([unseen(shadow)] if shadow.ended_at is None else [])
    if any(session.scalar(query.limit(1)) is not None for query in queries):
        return True
    # If images were deleted, the figures change.
    said = shadow.figures or {"answers": 0, "compared": 0}
    return counts(session, shadow) != (said["answers"], said["compared"])


def somebody_waits(session: Session, broker: BrokerClient) -> bool:
    """Whether workers have anything else to do; a shadow then waits."""
    waits = and_(
        Job.state == JobState.QUEUED,
        Job.queue.in_([SEGMENT_QUEUE, BACKGROUND_QUEUE]),
        Job.kind.not_in([JobKind.SHADOW, JobKind.HOOK]),
        or_(Job.lease_until.is_(None), Job.lease_until < now()),
    )
    runs = and_(Job.state == JobState.RUNNING, Job.queue == SEGMENT_QUEUE, Job.kind != JobKind.HOOK)
    if any(session.scalar(select(Job.id).where(one).limit(1)) for one in (waits, runs)):
        return True
    return broker.queue_length(INTERACTIVE_QUEUE) > 0


def needless(session: Session, shadow: Shadow) -> str | None:
    """Return why a shadow is no longer needed; None while it is."""
    model = session.get_one(ModelVersion, (shadow.model_name, shadow.model_version))
    if model.standing is not Standing.USABLE or model.digest is None:
        return f"It may not serve: {model.reason or model.standing}"
    serves = serving(session, shadow.project_id)
    key = (shadow.model_name, shadow.model_version)
    if serves is not None and (serves.model_name, serves.model_version) == key:
        return "It serves now."
    return None


def end(session: WriteSession, key: SiteKey, actor: Actor, shadow: Shadow, reason: str) -> None:
    """Stop a shadow; its answers and figures stay."""
    shadow.ended_at, shadow.ended_by_id = now(), actor.user_id
    shadow.end_reason = reason[:1000]
    session.flush()
    audit.record(
        session,
        key,
        actor,
        "shadow.ended",
        "shadow",
        shadow.id,
        model=f"{shadow.model_name}@{shadow.model_version}",
    )
