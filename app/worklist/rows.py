"""Rows of the worklist: the columns read for an image, and the row as JSON."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Bundle, Session, joinedload

from app.accounts.access import Principal
from app.accounts.tables import User
from app.core.security import SiteKey
from app.images.schemas import Person, SubjectReference, model_of
from app.images.tables import Frame, Image, Subject, versioned
from app.local_labels.records import Label, labels_of
from app.local_labels.schemas import LocalName
from app.worklist.schemas import ImageSummary
from app.worklist.standing import Work, work_on

WHOLE_ROW = tuple(
    joinedload(one, innerjoin=inner)
    for one, inner in ((Image.owner, True), (Image.first_frame, True), (Image.subject, False))
)
"""Relations loaded with each image because a row of the worklist shows them."""
_PARTS: tuple[Bundle[Any], ...] = (
    Bundle(
        "image",
        Image.id,
        Image.project_id,
        Image.subject_id,
        Image.series_id,
        Image.format,
        Image.frame_count,
        Image.frames_per_second,
        Image.created_at,
        Image.state,
        Image.lesion_count,
        Image.possible_count,
        Image.uncertainty_score,
        Image.long_axis_mm,
        Image.model_name,
        Image.model_version,
        Image.model_hidden,
        Image.state_changed_at,
        Image.archived_at,
        Image.disagreement,
        Image.double_reading,
    ),
    Bundle(
        "frame",
        Frame.width,
        Frame.height,
        Frame.picture_id,
        Frame.blanked,
        Frame.latest_mask_id,
        Frame.lesion_count,
    ),
    Bundle("owner", User.id, User.name),
    Bundle("subject", Subject.id, Subject.code),
)
_SHOWN = (
    select(*_PARTS)
    .join(User, User.id == Image.owner_id)
    .join(Frame, (Frame.image_id == Image.id) & (Frame.index == 0))
    .outerjoin(Subject, Subject.id == Image.subject_id)
    .where(Image.id.in_(bindparam("image_ids", expanding=True)))
)
"""The columns that a row of the worklist shows, named as on the objects, which cost more to create
than everything else of a page."""


def shown(session: Session, image_ids: Sequence[UUID]) -> list[Row[Any]]:
    """Return the worklist's columns of these images, in this order, without those deleted since."""
    rows = session.execute(_SHOWN, {"image_ids": image_ids})
    found = {row.image.id: row for row in rows}
    return [found[one] for one in image_ids if one in found]


def patient(row: Row[Any]) -> UUID:
    """Return a key that is equal for two rows of one patient, as far as known."""
    image: Image = row.image
    return image.subject_id or image.series_id or image.id


def summaries(
    session: Session, key: SiteKey, principal: Principal, rows: Sequence[Row[Any]]
) -> list[ImageSummary]:
    """Return rows of :func:`shown` as JSON."""
    images = [row.image for row in rows]
    work = work_on(session, principal, images)
    labels = labels_of(session, key, [image.id for image in images])
    found = []
    for row in rows:
        id_, subject = row.image.id, row.subject if row.subject.id else None
        fields = _fields(row.image, row.frame, row.owner, subject, work[id_], labels.get(id_))
        found.append(ImageSummary(**fields))
    return found


def summary_fields(
    session: Session, key: SiteKey, principal: Principal, image: Image
) -> dict[str, Any]:
    """Return the fields of :class:`ImageSummary`; :data:`WHOLE_ROW` must be loaded."""
    label = labels_of(session, key, [image.id]).get(image.id)
    work = work_on(session, principal, [image])[image.id]
    return _fields(image, image.first_frame, image.owner, image.subject, work, label)


def _fields(
    image: Image,
    frame: Frame,
    owner: User,
    subject: Subject | None,
    work: Work,
    label: Label | None,
) -> dict[str, Any]:
    return {
        "id": image.id,
        "created_at": image.created_at,
        "state": image.state,
        "owner": Person(id=owner.id, name=owner.name),
        "subject": SubjectReference(id=subject.id, code=subject.code) if subject else None,
        "local": LocalName(name=label.name, case=label.case) if label else None,
        "width": frame.width,
        "height": frame.height,
        "format": image.format,
        "frame_count": image.frame_count,
        "frames_per_second": image.frames_per_second,
        "lesion_count": None if work.model_hidden else image.lesion_count,
        "possible_count": None if work.model_hidden else image.possible_count,
        "uncertainty_score": None if work.model_hidden else image.uncertainty_score,
        "long_axis_mm": None if work.model_hidden else image.long_axis_mm,
        "model": model_of(image.model_name, image.model_version),
        "thumbnail_url": versioned(f"/images/{image.id}/thumbnail", frame),
        "outline_url": None
        if work.model_hidden or not frame.lesion_count or frame.latest_mask_id is None
        else f"/images/{image.id}/outline?v={frame.latest_mask_id.hex}",
        "state_changed_at": image.state_changed_at,
        "archived_at": image.archived_at,
        "disagreement": image.disagreement,
        "double_reading": image.double_reading,
        "readers": work.readers,
        "due_at": work.due_at,
        "has_draft": work.has_draft,
        "model_hidden": work.model_hidden,
        "suspected_text": None if frame.blanked is None else work.suspected_text,
        "editing": work.editing,
    }
