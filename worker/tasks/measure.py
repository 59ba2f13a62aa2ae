"""Measurement of a person's revision: lesions, picture, and changes to the model's mask."""

import numpy as np
from numpy.typing import NDArray

from app.accounts.tables import User
from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.problems import Problem
from app.images.tables import Frame, Image, overlay_key
from app.jobs.tables import JobState
from app.masks.jobs import MEASURE
from app.masks.lengths import take_scale
from app.masks.tables import Mask
from app.reviews.news import Change, publish_change
from app.reviews.records import take_figures
from worker.pipeline import encode_png
from worker.pipeline.drawn import DrawnLesion
from worker.pipeline.overlap import dice
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, measured
from worker.storage.figures import figures
from worker.storage.pictures import PictureChangedError, Stored, stored_frame_of
from worker.tasks.drawings import load_masks
from worker.tasks.lease import JobFailedError, Lease, Progress

Effort = tuple[float, bool] | None
"""Dice against the model's mask, and whether every pixel and its class are equal."""


def measure(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Measure the job's revision.

    Running it twice writes the same twice: its inputs never change.

    Raises:
        JobFailedError: the image was deleted.
        LostLeaseError: another worker has the job now.
        ValueError: the stored pixels are not those that were drawn.
    """
    progress("reading", 0.1)
    if lease.job.image_id is None:
        raise _gone()
    mask, pixels = load_masks(runtime, [MEASURE.read(lease.job).mask_id])[0]
    drawing = drawing_of(mask, pixels)
    effort: Effort = None
    if mask.prediction_id is not None:
        effort = _effort(drawing, pixels, *load_masks(runtime, [mask.prediction_id])[0])
    progress("measuring", 0.4)
    while True:
        try:
            stored = stored_frame_of(runtime, mask)
        except BlobNotFoundError as error:
            raise _gone() from error
        lesions = measured(drawing, pixels, stored.frame.lengths)
        key = overlay_key(mask.image_id, stored.picture_id, mask.id)
        runtime.blobs.put(key, encode_png(draw_overlay(stored.frame.pixels, pixels, lesions)))
        try:
            with runtime.database.write() as session:
                _keep(session, runtime, lease, mask, stored, lesions, effort)
        except PictureChangedError:
            runtime.blobs.delete(key)
            continue
        except JobFailedError:
            runtime.blobs.delete(key)
            raise
        return


def _effort(
    drawing: Drawing | None, pixels: NDArray[np.bool_], row: Mask, predicted: NDArray[np.bool_]
) -> Effort:
    """Return a drawing's changes to a model's mask; classes count only if the drawing has them."""
    untouched = bool(np.array_equal(pixels, predicted))
    model = drawing_of(row, predicted)
    if untouched and model is not None and drawing is not None:
        before, now = model.by_class(), drawing.by_class()
        untouched = before.keys() == now.keys() and all(
            np.array_equal(before[kind], now[kind]) for kind in now
        )
    return dice(pixels, predicted), untouched


def drawing_of(mask: Mask, pixels: NDArray[np.bool_]) -> Drawing | None:
    """Return the drawing of a revision; None if its lesions are the mask's connected parts.

    Raises:
        ValueError: the drawing's pixels are not the mask's.
    """
    if mask.labels is None:
        return None
    drawn = Drawing.from_json(mask.labels, *pixels.shape)
    if not np.array_equal(drawn.mask, pixels):
        raise ValueError(f"the stored pixels of mask {mask.id} are not those that were drawn")
    return drawn


def _keep(
    session: WriteSession,
    runtime: Runtime,
    lease: Lease,
    mask: Mask,
    stored: Stored,
    lesions: tuple[DrawnLesion, ...],
    effort: Effort,
) -> None:
    image = session.get(Image, mask.image_id, with_for_update=True)
    row = session.get(Mask, mask.id)
    frame = session.get(Frame, mask.frame_id)
    if image is None or row is None or frame is None:
        raise _gone()
    if frame.picture_id != stored.picture_id:
        raise PictureChangedError
    shown = stored.frame
    row.result = figures(shown.height, shown.width, shown.spacing, lesions).kept()
    take_scale(session, row)
    row.dice, row.untouched = effort or (None, None)
    session.flush()
    take_figures(session, image, frame)
    lease.end(session, JobState.DONE)
    session.flush()
    author = session.get(User, row.author_id) if row.author_id else None
    publish_change(session, runtime.broker, image, Change.MEASURED, author, row.revision)


def _gone() -> JobFailedError:
    return JobFailedError(Problem(410, "image-deleted", "The image was deleted meanwhile."))
