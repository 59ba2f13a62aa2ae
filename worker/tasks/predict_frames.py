"""Predictions on several frames of a cine, one after the other.

Each mask is stored in its own transaction while the network runs on the next frame: the results of
a stopped or killed job are kept, and the next run skips them.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import select

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.images.tables import Frame, Image, mask_key
from app.jobs.tables import JobState
from app.masks.measures import StoredResult
from app.masks.records import add_revision
from app.masks.tables import Mask, MaskSource
from app.reviews.news import Change, publish_change
from app.reviews.records import note_prediction
from app.segment.jobs import PREDICT_FRAMES, FramesPrediction
from worker.pipeline import Network
from worker.runtime import Runtime
from worker.storage.answer_drawing import class_targets
from worker.storage.pictures import PictureChangedError
from worker.tasks.answering import answer
from worker.tasks.lease import Lease, LostLeaseError, Progress
from worker.tasks.predict import ImageGoneError, failures_told
from worker.tasks.process import Predicted, segment_stored, settings_digest

TELL_SECONDS = 1.0
"""Time between two notifications about new masks."""

_beside = ThreadPoolExecutor(1, thread_name_prefix="frames")


def predict_frames(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Run the pipeline on frames of a stored cine.

    Raises:
        JobFailedError: the image was deleted, or the model is missing.
        LostLeaseError: the job was stopped, or another worker has it; masks are kept.
    """
    wanted, image_id = PREDICT_FRAMES.read(lease.job), lease.job.image_id
    progress("reading", 0.0)
    with failures_told(lease):
        if image_id is None:
            raise ImageGoneError
        work = _Frames(runtime, lease, wanted.model, image_id)
        work.segment(range(wanted.first, wanted.last + 1, wanted.step), progress)
        work.end(duplicate=wanted.duplicate)


class _Frames:
    """One model's answers on frames of one image.

    Args:
        model: the requested name; None is the deployed one.
    """

    def __init__(self, runtime: Runtime, lease: Lease, model: str | None, image_id: UUID) -> None:
        self._runtime = runtime
        self._lease = lease
        self._model = model
        self._image_id = image_id
        self._project_id = lease.job.project_id
        self._told = monotonic()
        self._done: list[UUID] = []

    def segment(self, indices: Sequence[int], progress: Progress) -> None:
        waiting = self._waiting(indices)
        storing: Future[None] | None = None
        try:
            for done, index in enumerate(waiting):
                progress("frames", done / len(waiting))
                predicted = self._predicted(index)
                if storing is not None:
                    storing.result()
                storing = _beside.submit(self._store, index, predicted)
        finally:
            if storing is not None:
                storing.result()

    def _predicted(self, index: int) -> Predicted:
        def run(network: Network) -> Predicted:
            return segment_stored(
                self._runtime, self._image_id, network, index=index, project_id=self._project_id
            )

        try:
            return answer(self._runtime, self._model, self._lease.job.project_id, run)
        except BlobNotFoundError as error:
            raise ImageGoneError from error

    def _waiting(self, indices: Sequence[int]) -> list[int]:
        """Return the frames that this model has not answered with their current pixels."""
        with self._runtime.database.read() as session:
            frames = session.scalars(
                select(Frame)
                .where(Frame.image_id == self._image_id, Frame.index.in_(indices))
                .order_by(Frame.index)
            ).all()
            if not frames:
                raise ImageGoneError
            answered = {
                (row.frame_id, row.settings_digest): row.id
                for row in session.execute(
                    select(Mask.id, Mask.frame_id, Mask.settings_digest).where(
                        Mask.image_id == self._image_id, Mask.source == MaskSource.MODEL
                    )
                )
            }
        waiting = []
        network = self._runtime.network(self._model, self._project_id)
        targets = class_targets(self._runtime, self._project_id, network)
        for frame in frames:
            digest = settings_digest(network, frame.picture_id, targets)
            known = answered.get((frame.id, digest))
            if known is None:
                waiting.append(frame.index)
            else:
                self._done.append(known)
        return waiting

    def _store(self, index: int, predicted: Predicted) -> None:
        while True:
            mask_id = new_id()
            key = mask_key(self._image_id, mask_id)
            self._runtime.blobs.put(key, predicted.mask_png)
            try:
                with self._runtime.database.write() as session:
                    self._commit(session, index, predicted, mask_id)
            except PictureChangedError:
                self._runtime.blobs.delete(key)
                predicted = self._predicted(index)
                continue
            except (LostLeaseError, ImageGoneError, BlobStoreFullError):
                self._runtime.blobs.delete(key)
                raise
            self._done.append(mask_id)
            return

    def _commit(
        self, session: WriteSession, index: int, predicted: Predicted, mask_id: UUID
    ) -> None:
        # Lock the image before the job, in the same order as deletion does.
        image = session.get(Image, self._image_id, with_for_update=True)
        if image is None:
            raise ImageGoneError
        lease = self._lease
        lease.claim(session, lease_until=now() + timedelta(seconds=lease.seconds))
        here = Frame.image_id == image.id, Frame.index == index
        frame = session.scalars(select(Frame).where(*here)).one()
        if frame.picture_id != predicted.picture_id:
            raise PictureChangedError
        mask = predicted.mask(id=mask_id, image_id=image.id, frame_id=frame.id)
        note_prediction(session, image, frame, mask, is_new=False)
        add_revision(session, mask, on_newest=True)
        predicted.note_classes(session)
        if monotonic() - self._told > TELL_SECONDS:
            self._told = monotonic()
            publish_change(session, self._runtime.broker, image, Change.CHANGED)

    def end(self, *, duplicate: bool) -> None:
        """End the job; its result is about the frame with the longest lesion."""
        with self._runtime.database.write() as session:
            image = session.get(Image, self._image_id, with_for_update=True)
            if image is None:
                raise ImageGoneError
            found = session.execute(
                select(Mask.id, Mask.frame_id, Mask.result, Frame.index.label("frame_index"))
                .join(Frame, Frame.id == Mask.frame_id)
                .where(Mask.id.in_(self._done))
                .order_by(Frame.index)
            ).all()
            if not found:
                raise ImageGoneError
            results = [StoredResult.model_validate(row.result) for row in found]
            at = max(range(len(found)), key=lambda number: _longest(results[number]))
            outcome = FramesPrediction(
                **results[at].fields(),
                frame_id=found[at].frame_id,
                frame_index=found[at].frame_index,
                mask_id=found[at].id,
                frames=len(found),
                frames_with_lesions=sum(bool(one.lesions) for one in results),
                duplicate=duplicate,
            )
            self._lease.end(session, JobState.DONE, result=outcome.kept())
            publish_change(session, self._runtime.broker, image, Change.CHANGED)


def _longest(result: StoredResult) -> float:
    return max((one.long_axis_px for one in result.lesions), default=0.0)
