"""Which images a caller may see, and which jobs on them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.core.problems import not_found
from app.images.tables import Image
from app.jobs.service import withhold
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask
from app.reviews.tables import Reading
from app.reviews.visibility import view_of


def visible(session: Session, principal: Principal, image_id: UUID) -> Image:
    """The image, if it is one of the request's project and the caller may see it: annotators see
    what they own or read, others all.

    Which of its masks they see is decided by :mod:`app.reviews.visibility`.

    Raises:
        Problem: 404.
    """
    image = session.get(Image, image_id)
    if image is None or image.project_id != principal.project:
        raise not_found("image")
    if not sees(session, principal, image):
        raise not_found("image")
    return image


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


def _image_is_hidden(session: Session, principal: Principal, job: Job) -> bool:
    image = session.get(Image, job.image_id) if job.image_id else None
    return job.image_id is not None and (image is None or not sees(session, principal, image))


def _result_is_hidden(session: Session, principal: Principal, job: Job) -> bool:
    if job.image_id is None:  # not there yet, never to be kept, or deleted
        return job.store and job.state == JobState.DONE
    if _image_is_hidden(session, principal, job):
        return True
    return view_of(session, job.image_id, principal.user.id).model_hidden


def _mask_is_hidden(session: Session, principal: Principal, job: Job) -> bool:
    if job.image_id is None or job.mask_id is None:
        return _image_is_hidden(session, principal, job)
    if _image_is_hidden(session, principal, job):
        return True
    view = view_of(session, job.image_id, principal.user.id)
    return session.scalar(select(Mask.id).where(Mask.id == job.mask_id, view.masks)) is None


withhold(JobKind.SEGMENT, where=_result_is_hidden)
withhold(JobKind.MEASURE, JobKind.CONSENSUS, where=_mask_is_hidden)
withhold(JobKind.AGREEMENT, JobKind.REDACT, where=_image_is_hidden)
withhold(JobKind.EXPORT, JobKind.IMPORT, JobKind.TEXT_SEARCH, where=_image_is_hidden)  # of none
