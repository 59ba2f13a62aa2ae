"""The things that a retention rule applies to: for the api's preview, and for workers to act on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, cast, exists, func, null, or_, select
from sqlalchemy.orm import Session

from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core.database import Base
from app.exports.tables import Export
from app.images.tables import Image, ImageState
from app.jobs.tables import Job, JobState
from app.masks.tables import Draft, Mask
from app.projects.tables import TRASH, RetentionAction, RetentionKind, RetentionRule
from app.reviews.tables import Reading

OPEN = (ImageState.UNLABELLED, ImageState.PREDICTED, ImageState.IN_CORRECTION)
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Reach:
    """A rule without its start date.

    Attributes:
        days: after which it acts.
        keep_pool: spare what is or ever was in the training pool.
    """

    kind: RetentionKind
    action: RetentionAction
    days: int
    keep_pool: bool

    @classmethod
    def of(cls, rule: RetentionRule) -> "Reach":
        return cls(rule.kind, rule.action, rule.days, rule.keep_pool)


def in_force(session: Session, project_id: UUID, at: datetime) -> list[RetentionRule]:
    """Return the project's rules whose notice period is over, in a fixed order."""
    query = select(RetentionRule).where(
        RetentionRule.project_id == project_id, RetentionRule.begins_at <= at
    )
    return list(session.scalars(query.order_by(RetentionRule.kind)))


def due(project_id: UUID, reach: Reach, at: datetime) -> Select[UUID, datetime, int | None]:
    """Return a query for id, creation time and size of what a rule applies to, oldest first."""
    before = at - timedelta(days=reach.days)
    if reach.kind is RetentionKind.EXPORTS:
        return (
            select(Export.id, Export.created_at, Export.size_bytes.label("bytes"))
            .join(Job, Job.id == Export.job_id)
            .where(
                Export.project_id == project_id,
                Job.state.in_(ENDED),
                Job.finished_at < before,
            )
            .order_by(Export.id)
        )
    if reach.kind is RetentionKind.JOBS:
        none = cast(null(), BigInteger)  # its upload is gone
        return (
            select(Job.id, Job.created_at, none.label("bytes"))
            .where(
                Job.project_id == project_id,
                Job.state.in_(ENDED),
                Job.finished_at < before,
                Job.input_bytes == 0,
                *_free(),
            )
            .order_by(Job.id)
        )
    images = select(Image.id, Image.created_at, Image.stored_bytes.label("bytes"))
    if reach.kind is RetentionKind.DELETED_IMAGES:
        deleted = (
            select(BulkActImage.image_id)
            .join(BulkAct, BulkAct.id == BulkActImage.bulk_act_id)
            .where(
                BulkAct.kind == BulkKind.DELETE,
                BulkAct.project_id == project_id,
                BulkAct.created_at < before,
            )
        )
        return images.where(Image.project_id == TRASH, Image.id.in_(deleted)).order_by(Image.id)
    return images.where(Image.project_id == project_id, *_left_lying(reach, before)).order_by(
        Image.id
    )


def _left_lying(reach: Reach, before: datetime) -> list[ColumnElement[bool]]:
    """Return conditions for images in the rule's state that nobody has worked on since then."""
    handed_in = exists().where(Reading.image_id == Image.id, Reading.submitted_at.is_not(None))
    drawn = exists().where(
        Mask.image_id == Image.id, Mask.author_id.is_not(None), Mask.created_at >= before
    )
    drafted = exists().where(Draft.image_id == Image.id, Draft.updated_at >= before)
    given = exists().where(Reading.image_id == Image.id, Reading.created_at >= before)
    found = [
        Image.created_at < before,
        Image.state_changed_at < before,
        or_(Image.restored_at.is_(None), Image.restored_at < before),
        Image.approved_at.is_(None),
        ~drawn,
        ~drafted,
        ~given,
    ]
    if reach.kind is RetentionKind.NEVER_SUBMITTED:
        found += [Image.state.in_(OPEN), ~handed_in]
    else:
        found.append(Image.state == ImageState.RETURNED)
    if reach.keep_pool:  # the split is decided at the first approval and stays
        found.append(Image.split.is_(None))
    if reach.action is RetentionAction.ARCHIVE:
        found.append(Image.archived_at.is_(None))
    return found


def _free() -> list[ColumnElement[bool]]:
    """Return conditions for jobs that no row needs, as exports, training runs and the like do."""
    found = []
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column is Job.__table__.c.id and key.ondelete is None:
                found.append(~exists().where(key.parent == Job.id))
    return found


def how_many(session: Session, project_id: UUID, reach: Reach, at: datetime) -> tuple[int, int]:
    """Return the number of things that a rule applies to then, and their bytes as far as known."""
    found = due(project_id, reach, at).order_by(None).subquery()
    query = select(func.count(), func.coalesce(func.sum(found.c.bytes), 0)).select_from(found)
    number, size = session.execute(query).one()
    return int(number), int(size)
