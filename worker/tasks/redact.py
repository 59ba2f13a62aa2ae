"""Permanent redaction: store new pictures, switch to them in one transaction, delete the old ones.

If the worker is killed before the transaction, no row references the new pictures, and the job runs
again. If it is killed after it, no row references the old pictures. The sweeper deletes both kinds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.accounts.tables import User
from app.core import audit
from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id, now
from app.core.problems import Problem
from app.images.records import picture_keys
from app.images.tables import (
    Frame,
    Image,
    frame_key,
    mask_key,
    overlay_key,
    preview_key,
    thumbnail_key,
)
from app.jobs.tables import JobState
from app.masks.tables import Mask
from app.redaction.jobs import REDACT
from app.redaction.tables import Judgement, PixelAlias, Redaction, SuspectedText
from app.reviews.news import Change, publish_change
from worker.export.expire import expire_exports
from worker.pipeline import decode_mask_png, encode_png
from worker.pipeline.blacken import area_mask, blacken
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import measured
from worker.storage.pictures import (
    PictureChangedError,
    Stored,
    image_with,
    pixel_digest,
    preview,
    stored_frame,
    thumbnail,
)
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError, Progress
from worker.tasks.measure import drawing_of

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Made:
    """The result of redacting one picture.

    Attributes:
        picture_id: id of the new pixels.
        covered: bool [H,W], the areas of the redaction.
        lit: bool [H,W], the pixels that are not black in this frame or in one before it.
        pixels: the frame with those pixels black.
        overlays: the revisions whose overlays were made.
        keys: blobs that were stored.
    """

    picture_id: UUID
    covered: NDArray[np.bool_]
    lit: NDArray[np.bool_]
    pixels: NDArray[np.uint8]
    overlays: set[UUID] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)


def redact(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Black out the areas of the job's redaction, in the frame and in everything made from it.

    Raises:
        JobFailedError: the image was deleted.
        LostLeaseError: another worker has the job now; nothing is left behind.
        BlobStoreFullError: nothing was changed.
    """
    redaction_id = REDACT.read(lease.job).redaction_id
    while True:
        progress("reading", 0.1)
        with runtime.database.read() as session:
            redaction = session.get(Redaction, redaction_id)
        if redaction is None:
            raise _gone()
        covered = lit = None
        try:
            for index in range(redaction.first_frame, redaction.last_frame + 1):
                # Each frame has its own transaction: if killed between two, the job runs again.
                stored = stored_frame(runtime, redaction.image_id, index)
                if covered is None:
                    covered = areas_of(redaction, stored)
                last = index == redaction.last_frame
                finish = partial(_finish_redaction, lease, redaction) if last else _go_on
                lit = black_out(runtime, redaction, stored, covered, finish, lit)
        except BlobNotFoundError as error:
            raise _gone() from error
        except PictureChangedError:  # by another redaction: this one is applied on top of it
            continue
        return


def _go_on(_session: WriteSession) -> None:
    """Continue: more frames follow."""


def _finish_redaction(lease: Lease, redaction: Redaction, session: WriteSession) -> None:
    session.get_one(Redaction, redaction.id).applied_at = now()
    lease.end(session, JobState.DONE, image_id=redaction.image_id)


def areas_of(redaction: Redaction, stored: Stored) -> NDArray[np.bool_]:
    """Return the pixels that a redaction covers in each frame of its image, bool [H,W]."""
    return area_mask(redaction.areas, stored.frame.height, stored.frame.width)


def black_out(
    runtime: Runtime,
    redaction: Redaction,
    stored: Stored,
    covered: NDArray[np.bool_],
    finish: Callable[[WriteSession], None],
    lit: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """Black out areas of a picture and everything made from it, in one transaction.

    Args:
        redaction: the image, and who is responsible.
        stored: the picture as read.
        covered: bool [H,W], the areas.
        finish: writes the rest of the transaction, once the image has the new picture.
        lit: bool [H,W], the pixels that are not black in a frame before it; None for the first.

    Returns:
        `lit` with those of this frame.

    Raises:
        JobFailedError: the image was deleted.
        PictureChangedError: the picture has changed meanwhile; nothing is left behind.
        BlobStoreFullError: nothing was changed.
    """
    made = _blacken(runtime, redaction, stored, covered, lit)
    try:
        while not _keep(runtime, redaction, stored, made, finish):
            _draw(runtime, redaction.image_id, stored.frame_id, made)
    except (PictureChangedError, LostLeaseError, JobFailedError, BlobStoreFullError):
        # After any other error the commit may have happened; the sweeper deletes unreferenced
        # blobs.
        _delete(runtime, made.keys)
        raise
    runtime.frames.forget(partial(_is_of, redaction.image_id))
    return made.lit


def _is_of(image_id: UUID, key: tuple[Hashable, ...]) -> bool:
    return key[0] == image_id


def _blacken(
    runtime: Runtime,
    redaction: Redaction,
    stored: Stored,
    covered: NDArray[np.bool_],
    lit: NDArray[np.bool_] | None,
) -> _Made:
    pixels = blacken(stored.frame.pixels, covered)
    here = np.asarray(pixels > 0 if pixels.ndim == 2 else pixels.any(axis=2), np.bool_)
    made = _Made(new_id(), covered, here if lit is None else here | lit, pixels)
    image_id = redaction.image_id
    _put(runtime, made, frame_key(image_id, made.picture_id), encode_png(made.pixels))
    _put(runtime, made, thumbnail_key(image_id, made.picture_id), thumbnail(made.pixels))
    if redaction.last_frame > 0:
        _put(runtime, made, preview_key(image_id, made.picture_id), preview(made.pixels))
    return made


def _draw(runtime: Runtime, image_id: UUID, frame_id: UUID, made: _Made) -> None:
    """Draw the overlays of all measured revisions that have none yet on the new pixels."""
    query = select(Mask).where(Mask.frame_id == frame_id, Mask.result.is_not(None))
    with runtime.database.read() as session:
        masks = [mask for mask in session.scalars(query) if mask.id not in made.overlays]
    for mask in masks:
        made.overlays.add(mask.id)
        try:
            drawn = decode_mask_png(runtime.blobs.get(mask_key(image_id, mask.id)))
            lesions = measured(drawing_of(mask, drawn), drawn, None)
        except (BlobNotFoundError, ValueError) as error:
            # Deleted with the image, or damaged: no reason not to black out.
            log.warning("no overlay was drawn of mask %s: %s", mask.id, error)
            continue
        overlay = encode_png(draw_overlay(made.pixels, drawn, lesions))
        _put(runtime, made, overlay_key(image_id, made.picture_id, mask.id), overlay)


def _keep(
    runtime: Runtime,
    redaction: Redaction,
    stored: Stored,
    made: _Made,
    finish: Callable[[WriteSession], None],
) -> bool:
    """Run the transaction; return False if a revision has no overlay on the new pixels yet.

    Raises:
        PictureChangedError: the image's pixels are no longer those that were blacked out.
    """
    with runtime.database.write() as session:
        image = session.get(Image, redaction.image_id, with_for_update=True)
        frame = session.get(Frame, stored.frame_id)
        if image is None or frame is None:
            raise _gone()
        if frame.picture_id != stored.picture_id:
            raise PictureChangedError
        masks = session.execute(
            select(Mask.id, Mask.result.is_not(None).label("measured")).where(
                Mask.frame_id == frame.id
            )
        ).all()
        if not {mask.id for mask in masks if mask.measured} <= made.overlays:
            return False
        before = frame.picture_id
        frame.picture_id = made.picture_id
        if image.frame_count == 1:
            _remember_pixels(session, image, pixel_digest(made.pixels))
        author = session.get_one(User, redaction.author_id)
        old = picture_keys(image.id, before)
        old += [overlay_key(image.id, before, mask.id) for mask in masks]
        # Before the job's end is announced, so that the old pixels are gone by then.
        after_commit(session, lambda: _delete(runtime, old))
        finish(session)
        session.flush()
        if frame.index == image.frame_count - 1:
            _judge(session, image.id, author.id, made.lit)
        expired = expire_exports(session, runtime, image.id)
        audit.record(
            session,
            runtime.site_key,
            Actor(author.id),
            "image.redacted",
            "image",
            image.id,
            areas=len(redaction.areas),
            pixels=int(made.covered.sum()),
            exports_expired=[str(one) for one in expired],
        )
        session.flush()
        publish_change(session, runtime.broker, image, Change.CHANGED, author)
    return True


def _remember_pixels(session: WriteSession, image: Image, digest: str) -> None:
    """Record that the new pixels, if sent again, are this image too."""
    known = image_with(session, digest, image.project_id, image.owner_id)
    if known is not None:
        return
    session.add(
        PixelAlias(
            project_id=image.project_id,
            owner_id=image.owner_id,
            pixel_sha256=digest,
            image_id=image.id,
        )
    )


def _judge(session: WriteSession, image_id: UUID, author_id: UUID, lit: NDArray[np.bool_]) -> None:
    """Mark areas of suspected text as dealt with once all their pixels are black.

    Args:
        lit: bool [H,W], the pixels that are not black in some frame.
    """
    for one in session.scalars(select(SuspectedText).where(SuspectedText.image_id == image_id)):
        area = lit[one.top : one.top + one.height, one.left : one.left + one.width]
        if one.judgement != Judgement.BLACKED_OUT and not area.any():
            one.judgement = Judgement.BLACKED_OUT
            one.judged_by_id, one.judged_at = author_id, now()


def _put(runtime: Runtime, made: _Made, key: str, data: bytes) -> None:
    made.keys.append(key)
    runtime.blobs.put(key, data)


def _delete(runtime: Runtime, keys: list[str]) -> None:
    for key in keys:
        runtime.blobs.delete(key)


def _gone() -> JobFailedError:
    return JobFailedError(Problem(410, "image-deleted", "The image was deleted meanwhile."))
