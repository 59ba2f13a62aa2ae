"""From the bytes of a file with several frames to an image: read twice, stored frame by frame.

The first pass determines the number of frames and what to blank in them; nothing is stored until
the whole file has been read without errors. The second pass stores each frame as it is read. Blobs
are written first, then one transaction references them all; if the worker is killed before it,
blobs without a row remain.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import IntegrityError

from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.images.records import insert_image
from app.images.tables import (
    Frame,
    Image,
    frame_key,
    preview_key,
    thumbnail_key,
)
from app.jobs.tables import source_key
from app.reviews.news import publish_created
from app.segment.jobs import PREDICT_FRAMES, IngestParameters, key_frames
from worker.decoding import Playing, play
from worker.deidentify.cine import KeptPixels, decide
from worker.depth_scale import ProposedScale, darkest, is_silent, propose_safely
from worker.ingest import Decoded
from worker.pipeline import encode_png
from worker.runtime import Runtime
from worker.storage.pictures import image_digest, pixel_digest, preview, thumbnail
from worker.storage.text import flat, keep_suspected
from worker.storage.writing import delete_all, start_puts, wait_for
from worker.tasks import ingest as stills
from worker.tasks.lease import Lease, LostLeaseError, Progress
from worker.tasks.predict import failures_told
from worker.tasks.predict_frames import predict_frames
from worker.tasks.process import decode_limits

AT_ONCE = 12
"""Maximum number of blobs that wait to be written; a frame has three."""
CLAIM_SECONDS = 2.0
"""Time within which a stopped job quits."""
STORED_AT = 0.9


def ingest_cine(
    runtime: Runtime, lease: Lease, wanted: IngestParameters, data: bytes, progress: Progress
) -> None:
    """Store a file of several frames as an image, and segment some frames of it.

    Raises:
        JobFailedError: the file is not a readable cine.
        LostLeaseError: the job was stopped or another worker has it; nothing is left behind.
        BlobStoreFullError: nothing was stored.
    """
    with failures_told(lease):
        work = _Cine(runtime, lease, wanted, progress)
        play(data, decode_limits(runtime.settings), work.store)
    runtime.blobs.delete(source_key(lease.job.id))
    predict_frames(runtime, lease, progress)


class _Cine:
    """A cine being stored as blobs and rows."""

    def __init__(
        self, runtime: Runtime, lease: Lease, wanted: IngestParameters, progress: Progress
    ) -> None:
        self._runtime = runtime
        self._lease = lease
        self._wanted = wanted
        self._progress = progress
        self._image_id = new_id()
        self._keys: list[str] = []
        self._putting: deque[Future[None]] = deque()
        self._claimed = monotonic()
        self._committing = False
        self._scale: ProposedScale | None = None

    def store(self, playing: Playing) -> None:
        try:
            self._store(playing)
        except BaseException as error:
            for put in self._putting:
                put.exception()
            # After any other error the commit may still have happened: a blob that it did not
            # reference is an orphan, which the sweeper deletes.
            if not self._committing or isinstance(error, LostLeaseError | IntegrityError):
                delete_all(self._runtime.blobs, self._keys)
            raise

    def _store(self, playing: Playing) -> None:
        self._progress("looking for text", 0.2)
        kept = decide(playing.samples, playing.about.frame.region)
        if is_silent(playing.about.frame):
            self._scale = propose_safely(darkest(playing.samples))
        frames: list[Frame] = []
        digests: list[str] = []
        first: NDArray[np.uint8] | None = None
        count = len(playing.times)
        for index, pixels in enumerate(playing.frames()):
            clean = kept.of(pixels)
            first = clean if first is None else first
            digests.append(pixel_digest(clean))
            frames.append(self._frame(index, playing.times[index], clean, kept))
            self._progress("storing", 0.3 + (STORED_AT - 0.3) * index / count)
            self._still_wanted()
        wait_for(list(self._putting))
        if first is None:
            raise LostLeaseError(f"job {self._lease.job.id}: no frame came")
        shown = replace(playing.about.frame, pixels=first, region=kept.region)
        decoded = replace(
            playing.about, frame=shown, blanked=kept.blanked, suspected=kept.suspected
        )
        self._commit(decoded, frames, image_digest(digests), playing.frames_per_second)

    def _frame(self, index: int, time: float, pixels: NDArray[np.uint8], kept: KeptPixels) -> Frame:
        """Start storing the pictures of a frame; return its row."""
        picture_id = None if index == 0 else new_id()
        image_id = self._image_id
        pictures = {
            frame_key(image_id, picture_id): partial(encode_png, pixels),
            thumbnail_key(image_id, picture_id): partial(thumbnail, pixels),
            preview_key(image_id, picture_id): partial(preview, pixels),
        }
        self._keys += pictures
        self._putting += start_puts(self._runtime.blobs, pictures)
        while len(self._putting) > AT_ONCE:
            self._putting.popleft().result()
        height, width = pixels.shape[:2]
        return Frame(
            id=new_id(),
            image_id=image_id,
            index=index,
            time_ms=time,
            width=width,
            height=height,
            picture_id=picture_id,
            blanked=flat(kept.blanked),
        )

    def _still_wanted(self) -> None:
        if monotonic() - self._claimed < CLAIM_SECONDS:
            return
        self._claimed = monotonic()
        lease = self._lease
        with self._runtime.database.write(durable=False) as session:
            lease.claim(session, lease_until=now() + timedelta(seconds=lease.seconds))

    def _commit(self, decoded: Decoded, frames: list[Frame], digest: str, rate: float) -> None:
        known = self._found(decoded, digest)
        if known is None:
            try:
                self._insert(decoded, frames, digest, rate)
            except IntegrityError:  # another worker has stored the same cine meanwhile
                known = self._found(decoded, digest)
                if known is None:
                    raise
        if known is not None:
            delete_all(self._runtime.blobs, self._keys)

    def _found(self, decoded: Decoded, digest: str) -> UUID | None:
        """Return the owner's image with these frames; the job continues with it."""

        def go_on(session: WriteSession, image: Image | None) -> None:
            image_id = image.id if image is not None else None
            stills.note_origin(session, self._runtime, self._lease, self._wanted, decoded, image_id)
            count = image.frame_count if image is not None else 1
            parameters = key_frames(count, self._wanted.model, duplicate=True)
            self._lease.become(session, PREDICT_FRAMES, parameters, image_id=image_id)

        found = stills.find(self._runtime, self._lease, decoded, digest, go_on)
        return found.image_id if found else None

    def _insert(self, decoded: Decoded, frames: list[Frame], digest: str, rate: float) -> None:
        runtime, job = self._runtime, self._lease.job
        self._committing = True
        with runtime.database.write() as session:
            image = stills.new_image(
                session, runtime, job, self._wanted, decoded, self._image_id, digest
            )
            image.frame_count, image.frames_per_second = len(frames), rate
            regions = stills.regions_of(decoded, self._scale)
            for region in regions:
                region.first_frame, region.last_frame = 0, len(frames) - 1
            insert_image(session, image, frames, regions)
            keep_suspected(session, image.id, decoded)
            stills.keep_source(session, runtime, image.id, decoded)
            stills.note_origin(session, runtime, self._lease, self._wanted, decoded, image.id)
            parameters = key_frames(len(frames), self._wanted.model)
            self._lease.become(session, PREDICT_FRAMES, parameters, image_id=image.id)
            publish_created(session, runtime.broker, image.id, job.project_id, job.owner_id)
