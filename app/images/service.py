"""Reading and deleting images; what of them a caller may see."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core import audit
from app.core.database import WriteSession, after_commit
from app.core.ids import now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.images.schemas import FrameDetails, ImageDetails, MaskDetails
from app.images.tables import Frame, Image, frame_key, mask_key, overlay_key, thumbnail_key
from app.images.worklist import model_of, summary_fields
from app.masks.tables import Mask
from app.segment.schemas import Spacing, StoredResult


def visible(session: Session, principal: Principal, image_id: UUID) -> Image:
    """The image, if the caller may see it: annotators their own, others all.

    Raises:
        Problem: 404.
    """
    image = session.get(Image, image_id)
    if image is None or not _sees(principal, image):
        raise not_found("image")
    return image


def _sees(principal: Principal, image: Image) -> bool:
    return principal.has(Role.REVIEWER) or image.owner_id == principal.user.id


def details(session: Session, principal: Principal, image_id: UUID) -> ImageDetails:
    """An image with its frame and its masks.

    Raises:
        Problem: 404.
    """
    image = session.scalar(
        select(Image)
        .where(Image.id == image_id)
        .options(joinedload(Image.owner), joinedload(Image.subject), selectinload(Image.frames))
    )
    if image is None or not _sees(principal, image):
        raise not_found("image")
    frame = image.frames[0]
    return ImageDetails(
        **summary_fields(image),
        frame=FrameDetails(
            id=frame.id,
            width=frame.width,
            height=frame.height,
            spacing_mm=_spacing(frame),
            attributes=frame.attributes,
        ),
        masks=[
            MaskDetails(
                id=mask.id,
                revision=mask.revision,
                source=mask.source,
                model=model_of(mask.model_name, mask.model_version),
                created_at=mask.created_at,
                result=StoredResult.model_validate(mask.result),
            )
            for mask in masks(session, image)
        ],
    )


def _spacing(frame: Frame) -> Spacing | None:
    if frame.row_mm is None or frame.column_mm is None:
        return None
    return Spacing(row=frame.row_mm, column=frame.column_mm)


def masks(session: Session, image: Image) -> Sequence[Mask]:
    """All revisions, newest first."""
    query = select(Mask).where(Mask.image_id == image.id).order_by(Mask.revision.desc())
    return session.scalars(query).all()


def mask_of(session: Session, image: Image, revision: int | None) -> Mask:
    """One revision, or the newest.

    Raises:
        Problem: 404.
    """
    query = select(Mask).where(Mask.image_id == image.id).order_by(Mask.revision.desc()).limit(1)
    if revision is not None:
        query = query.where(Mask.revision == revision)
    mask = session.scalar(query)
    if mask is None:
        raise not_found("mask")
    return mask


def remove(session: WriteSession, state: State, principal: Principal, image_id: UUID) -> None:
    """Delete an image with its masks and blobs; its owner or an admin may.

    Raises:
        Problem: 403, 404.
    """
    image = visible(session, principal, image_id)
    if image.owner_id != principal.user.id and not principal.has(Role.ADMIN):
        raise Problem(403, "not-owner", "Only the image's owner or an admin can delete it.")
    keys = [frame_key(image.id), thumbnail_key(image.id)]
    for mask in masks(session, image):
        keys += [mask_key(image.id, mask.id), overlay_key(image.id, mask.id)]
    owner = image.owner_id
    audit.record(session, state.site_key, principal.actor, "image.deleted", "image", image.id)
    session.delete(image)
    session.flush()

    def clean() -> None:
        event = {"id": str(image_id), "change": "deleted", "at": now().isoformat()}
        state.bell.publish(f"user:{owner}", {"event": "image", "data": event})
        for key in keys:
            state.blobs.delete(key)

    after_commit(session, clean)
