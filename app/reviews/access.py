"""Which images a caller may see, and how much of the jobs on them."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.problems import not_found
from app.images.records import at_frame
from app.images.tables import Frame, Image, mask_key, overlay_key
from app.jobs.service import Pictures
from app.jobs.tables import Job, JobState
from app.masks.tables import Mask
from app.reviews.tables import Reading
from app.reviews.visibility import view_of


def visible(session: Session, principal: Principal, image_id: UUID) -> Image:
    """Return an image of the request's project if the caller may see it: annotators see the images
    that they own or read, others see all.

    :mod:`app.reviews.visibility` decides which of its masks they see.

    Raises:
        Problem: 404.
    """
    image = session.get(Image, image_id)
    if image is None or image.project_id != principal.project:
        raise not_found("image")
    if not sees(session, principal, image):
        raise not_found("image")
    return image


def visible_frame(
    session: Session, principal: Principal, image_id: UUID, index: int = 0
) -> tuple[Image, Frame]:
    """Return an image and one of its frames in one statement, if the caller may see the image.

    Raises:
        Problem: 404.
    """
    row = session.execute(at_frame(image_id, index)).one_or_none()
    if row is None:
        visible(session, principal, image_id)
        raise not_found("frame")
    image, frame = row
    if not sees(session, principal, image):
        raise not_found("image")
    return image, frame


def sees(session: Session, principal: Principal, image: Image) -> bool:
    """Whether the caller may see an image."""
    if not principal.is_in(image.project_id):
        return False
    if principal.is_in(image.project_id, Role.REVIEWER) or image.owner_id == principal.user.id:
        return True
    reading = select(Reading.id).where(
        Reading.image_id == image.id, Reading.reader_id == principal.user.id
    )
    return session.scalar(reading) is not None


def hides_image(session: Session, principal: Principal, job: Job) -> bool:
    """Whether a job is about an image that its owner may not see now."""
    if job.image_id is None:  # not stored yet, deleted, or the job has no image
        return False
    image = session.get(Image, job.image_id)
    return image is None or not sees(session, principal, image)


def hides_result(session: Session, principal: Principal, job: Job) -> bool:
    """The same for a job that ends with a model's mask; if it is done and has no image, the image
    was deleted."""
    if job.image_id is None:
        return job.state == JobState.DONE
    # Hold a reference, or the session drops the image and reads it again.
    image = session.get(Image, job.image_id)
    if image is None or not sees(session, principal, image):
        return True
    return _hides_model(session, principal, image)


def _hides_model(session: Session, principal: Principal, image: Image) -> bool:
    return image.model_hidden and view_of(session, image.id, principal.user.id).model_hidden


def keeps_model_from(session: Session, principal: Principal, job: Job) -> bool:
    """Whether a job's owner may see its image but still has to read it without the model."""
    image = session.get(Image, job.image_id) if job.image_id else None
    if image is None or not sees(session, principal, image):
        return False
    return _hides_model(session, principal, image)


def hides_mask(session: Session, principal: Principal, job: Job, mask_id: UUID | None) -> bool:
    """Whether a job is about a revision that its owner may not see now."""
    if job.image_id is None or mask_id is None or hides_image(session, principal, job):
        return hides_image(session, principal, job)
    view = view_of(session, job.image_id, principal.user.id)
    return session.scalar(select(Mask.id).where(Mask.id == mask_id, view.masks)) is None


def pictures_of(session: Session, job: Job, mask_id: UUID | None) -> Pictures | None:
    """Return the keys of a revision's pictures, or None if it was deleted."""
    if job.image_id is None or mask_id is None:
        return None
    frame = session.execute(_FRAME_OF, {"mask": mask_id}).first()
    if frame is None:
        return None
    return Pictures(
        mask=mask_key(frame.image_id, mask_id),
        overlay=overlay_key(frame.image_id, frame.picture_id, mask_id),
        image_id=frame.image_id,
        mask_id=mask_id,
    )


_FRAME_OF = (
    select(Frame.image_id, Frame.picture_id)
    .join(Mask, Mask.frame_id == Frame.id)
    .where(Mask.id == bindparam("mask"))
)
