"""New predictions by the serving version, for images that nobody has touched.

An image with a prediction by the serving version is skipped, so a killed job continues where it
stopped, and a cancelled one keeps its results. Images that a person has drawn on, handed in or
signed stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import func, or_, select

from app.core.blobs import BlobNotFoundError
from app.core.ids import new_id
from app.deployments.jobs import RERUN
from app.images.tables import Frame, Image, ImageState, mask_key
from app.jobs.tables import JobState
from app.masks.records import add_revision
from app.masks.tables import Mask, MaskSource
from app.reviews.news import Change, publish_change
from app.reviews.records import note_prediction
from worker.pipeline import ModelError
from worker.runtime import Runtime
from worker.storage.answer_drawing import UnmappedClassError, class_targets
from worker.storage.pictures import PictureChangedError
from worker.storage.writing import delete_all, start_puts, wait_for
from worker.tasks import no_model
from worker.tasks.answering import answer
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.process import Predicted, segment_stored

log = logging.getLogger(__name__)

BATCH = 200


def rerun(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Repeat the prediction of every untouched image of the project that another version predicted.

    Raises:
        LostLeaseError: cancelled, or another worker has the job.
        JobFailedError: no model can answer.
    """
    project_id, done = lease.job.project_id, RERUN.read(lease.job).done
    try:
        network = runtime.network(None, project_id)
        card = network.card
        class_targets(runtime, project_id, network)
    except UnmappedClassError as error:
        raise JobFailedError(error.problem, retryable=True) from error
    except ModelError as error:
        raise JobFailedError(no_model.problem(error), retryable=True) from error
    others = (
        Image.project_id == project_id,
        Image.state == ImageState.PREDICTED,
        or_(Image.model_name != card.name, Image.model_version != card.version),
    )
    with runtime.database.read() as session:
        total = done + (session.scalar(select(func.count()).where(*others)) or 0)
    after: UUID | None = None
    while True:
        query = select(Image.id).where(*others).order_by(Image.id).limit(BATCH)
        if after is not None:
            query = query.where(Image.id > after)
        with runtime.database.read() as session:
            ids = session.scalars(query).all()
        if not ids:
            break
        for image_id in ids:
            progress("predicting", min(0.99, done / max(1, total)))
            done += _repredict(runtime, lease, image_id, {"done": done + 1, "total": total})
        after = ids[-1]
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, result=RERUN.outcome().model_dump(mode="json"))


def _repredict(runtime: Runtime, lease: Lease, image_id: UUID, counts: dict[str, int]) -> bool:
    """Predict one image again; return whether that was done."""
    try:
        predicted = answer(
            runtime,
            None,
            lease.job.project_id,
            lambda network: segment_stored(
                runtime, image_id, network, project_id=lease.job.project_id
            ),
        )
        return _keep(runtime, lease, image_id, predicted, counts)
    except (BlobNotFoundError, PictureChangedError, ValueError):
        log.warning("image %s was deleted, changed or damaged; its prediction stays", image_id)
        return False
    except ModelError as error:
        log.error("image %s: %s", image_id, error)
        return False


def _keep(
    runtime: Runtime, lease: Lease, image_id: UUID, predicted: Predicted, counts: dict[str, int]
) -> bool:
    mask_id = new_id()
    blobs: dict[str, Callable[[], bytes]] = {
        mask_key(image_id, mask_id): lambda: predicted.mask_png
    }
    wait_for(start_puts(runtime.blobs, blobs))
    kept = False
    try:
        with runtime.database.write() as session:
            # One more image is progress: only attempts that predict no image count as failed.
            lease.claim(session, attempts=0, parameters=counts)
            image = session.get(Image, image_id, with_for_update=True)
            first = Frame.image_id == image_id, Frame.index == 0
            frame = session.scalars(select(Frame).where(*first)).one_or_none()
            if image is None or frame is None or image.state != ImageState.PREDICTED:
                return False  # deleted, or somebody has started to draw
            if frame.picture_id != predicted.picture_id:
                raise PictureChangedError
            mask = session.scalar(
                select(Mask)
                .where(
                    Mask.frame_id == frame.id,
                    Mask.source == MaskSource.MODEL,
                    Mask.settings_digest == predicted.settings_digest,
                )
                .limit(1)
            )
            if mask is None:
                mask = predicted.mask(id=mask_id, image_id=image_id, frame_id=frame.id)
                note_prediction(session, image, frame, mask, is_new=False)
                add_revision(session, mask, on_newest=True)
                predicted.note_classes(session)
                kept = True
            else:  # the version had already answered before a rollback
                note_prediction(session, image, frame, mask, is_new=False)
            publish_change(session, runtime.broker, image, Change.CHANGED)
    finally:
        if not kept:
            delete_all(runtime.blobs, blobs)
    return True
