"""Search for text in pictures that were stored before workers searched them.

A searched image is marked in its row (`Frame.blanked`), so a killed job continues where it stopped,
and a cancelled one keeps its findings. The text itself is never stored.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from app.core import audit
from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.images.tables import Frame, Image, unsearched_in
from app.jobs.tables import JobState
from app.redaction.jobs import TEXT_SEARCH
from app.redaction.tables import Redaction, SuspectedText
from worker.deidentify import TextBox
from worker.deidentify.text import find_writing
from worker.runtime import Runtime
from worker.storage.pictures import PictureChangedError, Stored, stored_frame
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.redact import areas_of, black_out

log = logging.getLogger(__name__)

BATCH = 200
DONE_AT = 0.99
BLACK = 8
"""Levels; pixels blanked by de-identification are at most this bright."""


@dataclass(frozen=True)
class _Counts:
    """The counts in `app.redaction.schemas.TextSearchCounts`."""

    total: int = 0
    searched: int = 0
    marked: int = 0
    blacked_out: int = 0


def search_text(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Search every stored image of the project that has not been searched.

    Raises:
        LostLeaseError: cancelled, or another worker has the job.
        BlobStoreFullError: no room for a picture with black boxes; the rest can be tried again.
    """
    asked = TEXT_SEARCH.read(lease.job)
    parameters = asked.model_dump()
    counts = _Counts(asked.total, asked.searched, asked.marked, asked.blacked_out)
    with runtime.database.read() as session:
        images = unsearched_in(lease.job.project_id).subquery()
        left = session.scalar(select(func.count()).select_from(images)) or 0
    counts = replace(counts, total=counts.searched + left)
    for image_id in _waiting(runtime, lease.job.project_id):
        progress("searching", min(DONE_AT, counts.searched / max(1, counts.total)))
        counts = _search(runtime, lease, image_id, counts, asked.black_out)
    with runtime.database.write() as session:
        audit.record(
            session,
            runtime.site_key,
            Actor(lease.job.owner_id),
            "text-search.done",
            "job",
            lease.job.id,
            searched=counts.searched,
            marked=counts.marked,
            blacked_out=counts.blacked_out,
        )
        lease.end(session, JobState.DONE, parameters=parameters | asdict(counts))


def _waiting(runtime: Runtime, project_id: UUID) -> Iterator[UUID]:
    """Images that have not been searched, oldest first; each once."""
    after: UUID | None = None
    while True:
        query = unsearched_in(project_id).order_by(Frame.image_id).limit(BATCH)
        if after is not None:
            query = query.where(Frame.image_id > after)
        with runtime.database.read() as session:
            ids = session.scalars(query).all()
        if not ids:
            return
        yield from ids
        after = ids[-1]


def _search(
    runtime: Runtime, lease: Lease, image_id: UUID, counts: _Counts, may_black_out: bool
) -> _Counts:
    """Search one image and store the findings together with the counts."""
    while True:
        try:
            stored = stored_frame(runtime, image_id)
            return _searched(runtime, lease, image_id, stored, counts, may_black_out)
        except PictureChangedError:
            continue
        except (BlobNotFoundError, JobFailedError):
            return counts  # deleted meanwhile
        except ValueError:
            # Its file is damaged: it stays unsearched, and the others are still searched.
            log.error("image %s cannot be read; it was not searched for text", image_id)
            return counts


def _searched(
    runtime: Runtime,
    lease: Lease,
    image_id: UUID,
    stored: Stored,
    counts: _Counts,
    may_black_out: bool,
) -> _Counts:
    pixels = stored.frame.pixels
    found = find_writing(pixels, _kept(pixels))
    sure = found.blanked if may_black_out else ()
    boxes = [*found.blanked, *found.suspected]
    doubtful = len(boxes) > len(sure)
    after = replace(
        counts,
        searched=counts.searched + 1,
        marked=counts.marked + doubtful,
        blacked_out=counts.blacked_out + bool(sure),
    )
    record = partial(_record_search, lease, image_id, boxes, after)
    if not sure:
        with runtime.database.write() as session:
            image = session.get(Image, image_id, with_for_update=True)
            frame = session.get(Frame, stored.frame_id)
            if image is None or frame is None:
                return counts
            if frame.picture_id != stored.picture_id:
                raise PictureChangedError
            record(session)
        return after
    redaction = Redaction(
        id=new_id(),
        image_id=image_id,
        author_id=lease.job.owner_id,
        first_frame=0,
        last_frame=0,
        areas=[{"kind": "rectangle", **box.region._asdict()} for box in sure],
        applied_at=now(),
    )

    def record_all(session: WriteSession) -> None:
        session.add(redaction)
        record(session)

    black_out(runtime, redaction, stored, areas_of(redaction, stored), record_all)
    return after


def _record_search(
    lease: Lease,
    image_id: UUID,
    boxes: list[TextBox],
    counts: _Counts,
    session: WriteSession,
) -> None:
    """Record in the image's row that it was searched, and the suspected text."""
    # One more image is progress: only attempts that search no image count as failed.
    values: dict[str, Any] = {"attempts": 0}
    values["parameters"] = dict(lease.job.parameters or {}) | asdict(counts)
    lease.claim(session, **values)
    first = Frame.image_id == image_id, Frame.index == 0
    frame = session.scalars(select(Frame).where(*first)).one()
    if frame.blanked is None:
        frame.blanked = []
        for box in boxes:
            row = {**box.region._asdict(), "kind": box.kind, "score": box.score}
            session.add(SuspectedText(image_id=image_id, **row))


def _kept(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [H,W], 0 in areas that were blanked when the picture was stored."""
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    lit = (grey > BLACK).astype(np.uint8)
    return np.asarray(cv2.dilate(lit, np.ones((9, 9), np.uint8)), np.uint8)
