"""Consensus of several readers' masks, stored as a separate revision."""

from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem
from app.images.tables import Frame, Image, mask_key, overlay_key
from app.jobs.tables import JobState
from app.masks.records import add_revision
from app.masks.tables import Assessment, Mask, MaskSource
from app.reviews.jobs import CONSENSUS, ConsensusMethod, ConsensusOutcome
from app.reviews.news import Change, publish_change
from worker.interactive.runs import encode_runs
from worker.pipeline import encode_mask_png, encode_png
from worker.pipeline.components import numbered
from worker.pipeline.consensus import majority, staple
from worker.pipeline.drawn import DrawnLesion
from worker.pipeline.lesions import Lesion, find_lesions
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, measured
from worker.storage.figures import figures
from worker.storage.pictures import PictureChangedError, Stored, stored_frame_of
from worker.tasks.consensus_classes import agreed
from worker.tasks.drawings import load_masks
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError, Progress
from worker.tasks.measure import drawing_of

DIGITS = 6


def consensus(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Combine the job's masks into one, with the job's method.

    Blobs are written first, then one transaction references them and ends the job.

    Raises:
        JobFailedError: a mask or the image is gone.
        LostLeaseError: another worker has the job now; nothing is left behind.
    """
    progress("reading", 0.1)
    asked = CONSENSUS.read(lease.job)
    loaded = load_masks(runtime, asked.masks)
    first = loaded[0][0]
    progress("deciding", 0.3)
    made: dict[str, Any] = {"method": asked.method, "of": [str(one) for one in asked.masks]}
    drawings = [drawing_of(row, pixels) for row, pixels in loaded]
    drawing = None
    if any(one is not None and one.says_more for one in drawings):
        by_class: dict[str, dict[str, Any]] = {}
        made["by_class"] = by_class

        def decide(kind: UUID, painted: NDArray[np.bool_]) -> NDArray[np.bool_]:
            by_class[str(kind)] = {}
            return _decided(painted, asked.method, by_class[str(kind)])

        drawing = agreed([_whole(*one) for one in zip(drawings, loaded, strict=True)], decide)
        mask = drawing.mask
    else:
        mask = _decided(np.stack([pixels for _, pixels in loaded]), asked.method, made)
    stored = _frame(runtime, first)
    spacing = stored.frame.spacing
    lesions: tuple[Lesion, ...] | tuple[DrawnLesion, ...]
    if drawing is not None:
        lesions = measured(drawing, mask, stored.frame.lengths)
        labels = drawing.to_json()
    else:
        lesions = find_lesions(mask, mask.astype(np.float32), stored.frame.lengths)
        labels = {"runs": encode_runs(numbered(mask)), "names": {}}
    row = Mask(
        id=new_id(),
        image_id=first.image_id,
        frame_id=first.frame_id,
        source=MaskSource.CONSENSUS,
        job_id=lease.job.id,
        answer=Assessment.LESIONS if mask.any() else Assessment.NO_LESION,
        labels=labels,
        consensus=made,
        result=figures(mask.shape[0], mask.shape[1], spacing, lesions).kept(),
    )
    progress("storing", 0.8)
    _store(runtime, lease, row, mask, lesions, stored)


def _decided(
    painted: NDArray[np.bool_], method: ConsensusMethod, said: dict[str, Any]
) -> NDArray[np.bool_]:
    """Combine masks, bool [readers,H,W], into one [H,W]; STAPLE's figures go to ``said``."""
    if method != ConsensusMethod.STAPLE:
        return majority(painted)
    estimate = staple(painted)
    said["sensitivity"] = [round(float(one), DIGITS) for one in estimate.sensitivity]
    said["specificity"] = [round(float(one), DIGITS) for one in estimate.specificity]
    return estimate.mask


def _whole(drawing: Drawing | None, loaded: tuple[Mask, NDArray[np.bool_]]) -> Drawing:
    """Return a reader's drawing, even if its lesions are the mask's connected parts."""
    return drawing if drawing is not None else Drawing(numbered(loaded[1]))


def _store(
    runtime: Runtime,
    lease: Lease,
    row: Mask,
    mask: NDArray[np.bool_],
    lesions: tuple[Lesion, ...] | tuple[DrawnLesion, ...],
    stored: Stored,
) -> None:
    while True:
        overlay = encode_png(draw_overlay(stored.frame.pixels, mask, lesions))
        blobs = {
            mask_key(row.image_id, row.id): encode_mask_png(mask),
            overlay_key(row.image_id, stored.picture_id, row.id): overlay,
        }
        try:
            for key, data in blobs.items():
                runtime.blobs.put(key, data)
            with runtime.database.write() as session:
                _commit(session, runtime, lease, row, stored.picture_id)
        except (LostLeaseError, JobFailedError, BlobStoreFullError, PictureChangedError) as error:
            # After any other error the commit may have happened; the sweeper deletes what is left
            # over.
            for key in blobs:
                runtime.blobs.delete(key)
            if isinstance(error, PictureChangedError):
                stored = _frame(runtime, row)
                continue
            raise
        return


def _commit(
    session: WriteSession, runtime: Runtime, lease: Lease, row: Mask, picture_id: UUID | None
) -> None:
    image = session.get(Image, row.image_id, with_for_update=True)
    if image is None:
        raise _gone()
    frame = session.get(Frame, row.frame_id)
    if frame is None:
        raise _gone()
    if frame.picture_id != picture_id:
        raise PictureChangedError
    add_revision(session, row)
    outcome = ConsensusOutcome(mask_id=row.id).model_dump(mode="json")
    lease.end(session, JobState.DONE, result=outcome)
    session.flush()
    publish_change(session, runtime.broker, image, Change.MASK, revision=row.revision)


def _frame(runtime: Runtime, mask: Mask) -> Stored:
    try:
        return stored_frame_of(runtime, mask)
    except BlobNotFoundError as error:
        raise _gone() from error


def _gone() -> JobFailedError:
    return JobFailedError(Problem(410, "image-deleted", "The image was deleted meanwhile."))
