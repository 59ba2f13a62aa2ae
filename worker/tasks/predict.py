"""Frames to masks: a model's answer on a stored image, kept as a revision.

Blobs are written first, then one transaction references them and ends the job. If the worker is
killed before it, blobs without a row remain, which the sweeper deletes, and the job runs again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.core.blobs import BlobNotFoundError, BlobStoreFullError
from app.core.database import WriteSession
from app.core.ids import new_id
from app.core.problems import Problem
from app.images.schemas import TextArea
from app.images.tables import Frame, Image, mask_key, overlay_key
from app.jobs.tables import JobState
from app.masks.measures import FileNotes
from app.masks.records import add_revision
from app.masks.tables import Mask, MaskSource
from app.redaction.tables import SuspectedText
from app.reviews.news import Change, publish_change, publish_created
from app.reviews.records import note_first_prediction, note_prediction
from app.segment.jobs import PREDICT, Prediction
from worker.ingest import DecodeError
from worker.ingest.attributes import NOTES
from worker.pipeline import Frame as Pixels
from worker.pipeline import ModelError, Network
from worker.runtime import Runtime
from worker.storage.answer_drawing import UnmappedClassError, class_targets
from worker.storage.pictures import PictureChangedError
from worker.storage.text import file_notes
from worker.storage.writing import delete_all, start_puts, wait_for
from worker.tasks import no_model
from worker.tasks.answering import answer
from worker.tasks.lease import JobFailedError, Lease, LostLeaseError, Progress
from worker.tasks.process import Predicted, predict_frame, segment_stored

log = logging.getLogger(__name__)


class ImageGoneError(Exception):
    """The image of this job was deleted while the job ran."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """The image that an upload became.

    Attributes:
        duplicate: it existed before.
        frame_id: frame of an image that this job has just stored, else None.
        said: for such an image, what is known about its file and text in it.
        index: index of the frame.
    """

    image_id: UUID
    duplicate: bool = False
    frame_id: UUID | None = None
    said: FileNotes | None = None
    index: int = 0


def predict(runtime: Runtime, lease: Lease, progress: Progress) -> Callable[[], None]:
    """Run the pipeline on a stored image; return what stores the result.

    Raises:
        JobFailedError: the image was deleted, or the model is missing.
    """
    wanted, image_id = PREDICT.read(lease.job), lease.job.image_id
    progress("reading", 0.0)
    with failures_told(lease):
        if image_id is None:
            raise ImageGoneError
        predicting = Predicting(runtime, lease, wanted.model, draws=wanted.overlay)
        predicted = predicting.on_image(image_id, progress, wanted.frame)
    progress("storing", 0.9)

    def finish() -> None:
        with failures_told(lease):
            known = Ingested(image_id, duplicate=wanted.duplicate, index=wanted.frame)
            predicting.store(predicted, known)

    return finish


class Predicting:
    """One model's answer, from the frame to the stored rows.

    Args:
        model: the requested name; None is the deployed one.
    """

    def __init__(self, runtime: Runtime, lease: Lease, model: str | None, *, draws: bool) -> None:
        self._runtime = runtime
        self._lease = lease
        self._model = model
        self._draws = draws

    def _answer(self, run: Callable[[Network], Predicted]) -> Predicted:
        return answer(self._runtime, self._model, self._lease.job.project_id, run)

    def on_frame(self, frame: Pixels, read_ms: float, progress: Progress) -> Predicted:
        """Answer on pixels that were just read."""

        def run(network: Network) -> Predicted:
            targets = class_targets(self._runtime, self._lease.job.project_id, network)
            return predict_frame(
                frame, network, read_ms, progress, draws=self._draws, targets=targets
            )

        return self._answer(run)

    def on_image(
        self, image_id: UUID, progress: Progress | None = None, index: int = 0
    ) -> Predicted:
        """Answer on the current pixels of a stored frame.

        Raises:
            ImageGoneError: the image was deleted.
        """
        try:
            return self._answer(
                lambda network: segment_stored(
                    self._runtime,
                    image_id,
                    network,
                    progress,
                    draws=self._draws,
                    index=index,
                    project_id=self._lease.job.project_id,
                )
            )
        except BlobNotFoundError as error:
            raise ImageGoneError from error

    def store(self, predicted: Predicted, ingested: Ingested) -> None:
        """Store the answer and end the job, all or nothing.

        Raises:
            LostLeaseError: another worker has the job now.
            ImageGoneError: the image was deleted meanwhile.
            BlobStoreFullError: nothing was stored.
        """
        image_id = ingested.image_id
        while True:
            try:
                self._keep(predicted, ingested)
            except PictureChangedError:
                # Uploaded pixels must not undo a redaction or appear in an overlay: the answer must
                # be for the stored pixels.
                predicted = self.on_image(image_id, index=ingested.index)
            else:
                return

    def _keep(self, predicted: Predicted, ingested: Ingested) -> None:
        runtime, image_id, mask_id = self._runtime, ingested.image_id, new_id()
        blobs: dict[str, Callable[[], bytes]] = {
            mask_key(image_id, mask_id): lambda: predicted.mask_png
        }
        if predicted.overlay_png is not None:
            key = overlay_key(image_id, predicted.picture_id, mask_id)
            blobs[key] = predicted.overlay_png.result
        putting = start_puts(runtime.blobs, blobs)
        try:
            with runtime.database.write() as session:
                kept = self._commit(session, predicted, ingested, mask_id)
                wait_for(putting)  # no row is committed before its blobs exist
        except (LostLeaseError, ImageGoneError, BlobStoreFullError, PictureChangedError):
            # Certainly not stored. After any other error the commit may have happened: a blob that
            # it did not reference is an orphan, which the sweeper deletes.
            for put in putting:
                put.exception()
            delete_all(runtime.blobs, blobs)
            raise
        if kept != mask_id:
            # The same model had already drawn the same mask; only that row and its blobs are kept.
            delete_all(runtime.blobs, blobs)

    def _commit(
        self, session: WriteSession, predicted: Predicted, ingested: Ingested, mask_id: UUID
    ) -> UUID:
        """Store the rows of an answer; return the mask's id, or an older mask's if it is equal."""
        mask = self._mask(predicted, ingested.image_id, mask_id)
        frame_id, said = ingested.frame_id, ingested.said
        if frame_id and said and note_first_prediction(session, mask):
            mask.frame_id = frame_id
            add_revision(session, mask, is_first=True)
            predicted.note_classes(session)
            self._end(session, predicted, ingested, mask.frame_id, mask_id, said)
            job = self._lease.job
            publish_created(
                session, self._runtime.broker, mask.image_id, job.project_id, job.owner_id
            )
            return mask_id
        known = [undefer(Image.acquisition)]
        image = session.get(Image, ingested.image_id, with_for_update=True, options=known)
        if image is None:
            raise ImageGoneError
        here = Frame.image_id == image.id, Frame.index == ingested.index
        frame = session.scalars(select(Frame).where(*here)).one_or_none()
        if frame is None:
            raise ImageGoneError
        if frame.picture_id != predicted.picture_id:
            raise PictureChangedError
        mask.frame_id = frame.id
        equal = session.scalar(
            select(Mask.id)
            .where(
                Mask.frame_id == frame.id,
                Mask.source == MaskSource.MODEL,
                Mask.settings_digest == predicted.settings_digest,
            )
            .limit(1)
        )
        if equal is None:
            note_prediction(session, image, frame, mask, is_new=False)
            add_revision(session, mask, on_newest=True)
            predicted.note_classes(session)
        said = _notes_of(session, image, frame)
        self._end(session, predicted, ingested, frame.id, equal or mask_id, said)
        publish_change(session, self._runtime.broker, image, Change.CHANGED)
        return equal or mask_id

    def _mask(self, predicted: Predicted, image_id: UUID, mask_id: UUID) -> Mask:
        """Make the row of the mask, without frame and number."""
        return predicted.mask(id=mask_id, image_id=image_id, job_id=self._lease.job.id)

    def _end(
        self,
        session: WriteSession,
        predicted: Predicted,
        ingested: Ingested,
        frame_id: UUID,
        mask_id: UUID,
        said: FileNotes,
    ) -> None:
        fields = predicted.result.fields() | dict(said)
        outcome = Prediction(
            **fields,
            frame_id=frame_id,
            frame_index=ingested.index,
            mask_id=mask_id,
            duplicate=ingested.duplicate,
        )
        self._lease.end(session, JobState.DONE, result=outcome.kept())


def _notes_of(session: Session, image: Image, frame: Frame) -> FileNotes:
    """Return the remarks on a stored frame's file, and the text found in it."""
    query = select(SuspectedText).where(
        SuspectedText.image_id == frame.image_id, SuspectedText.judgement.is_(None)
    )
    names = TextArea.model_fields
    suspected = [
        {name: getattr(row, name) for name in names}
        for row in session.scalars(query.order_by(SuspectedText.id))
    ]
    notes = image.acquisition.get(NOTES, [])
    return file_notes(notes, frame.blanked, None if frame.blanked is None else suspected)


@contextmanager
def failures_told(lease: Lease) -> Iterator[None]:
    """Raise failures that another attempt would only repeat as :class:`JobFailedError`."""
    try:
        yield
    except DecodeError as error:
        problem = Problem(error.status, error.code, error.detail, title=error.title)
        raise JobFailedError(problem) from error
    except ImageGoneError as error:
        gone = Problem(410, "image-deleted", "The image was deleted meanwhile.")
        raise JobFailedError(gone) from error
    except BlobNotFoundError as error:
        detail = "The upload is not there any more; send the image again."
        raise JobFailedError(Problem(410, "upload-gone", detail)) from error
    except UnmappedClassError as error:
        raise JobFailedError(error.problem, retryable=True) from error
    except ModelError as error:
        log.error("job %s: %s", lease.job.id, error)
        raise JobFailedError(no_model.problem(error), retryable=True) from error
