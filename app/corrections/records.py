"""Erase an image with everything that was made from it, whoever requested it."""

from sqlalchemy import select, update

from app.core.database import WriteSession, after_commit
from app.core.resources import Resources
from app.images.records import picture_keys
from app.images.tables import Frame, Image, mask_key, overlay_key
from app.jobs.tables import Job
from app.masks.tables import Mask
from app.shadows.tables import ShadowAnswer, shadow_key


def erase(session: WriteSession, resources: Resources, image: Image) -> None:
    """Delete an image's rows and, after the commit, its blobs."""
    keys = set()
    drawn = select(Frame.picture_id, Mask.id).outerjoin(Mask, Mask.frame_id == Frame.id)
    for picture, mask_id in session.execute(drawn.where(Frame.image_id == image.id)):
        keys |= set(picture_keys(image.id, picture))
        if mask_id is not None:
            keys |= {mask_key(image.id, mask_id), overlay_key(image.id, picture, mask_id)}
    answers = select(ShadowAnswer.id).where(ShadowAnswer.image_id == image.id)
    keys |= {shadow_key(image.id, one) for one in session.scalars(answers)}
    # The result of its job is also deleted; the job's row stays.
    session.execute(update(Job).where(Job.image_id == image.id).values(result=None))
    session.delete(image)
    session.flush()

    def clean() -> None:
        for key in keys:
            resources.blobs.delete(key)

    after_commit(session, clean)
