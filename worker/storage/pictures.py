"""Stored pictures: the current frame, and the lookup of images by pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.security import SiteKey
from app.deidentification.records import described, options_of
from app.images.records import Box, geometry, series_with
from app.images.tables import Frame as FrameRow
from app.images.tables import Image, Series, Study, Subject, frame_key
from app.images.tables import Region as RegionRow
from app.masks.tables import Mask
from app.redaction.tables import PixelAlias
from worker.ingest import Decoded
from worker.pipeline import Frame, Region, decode_png
from worker.pipeline.frame import Scale, Unmeasured
from worker.runtime import Runtime

THUMBNAIL_SIDE = 256


class PictureChangedError(Exception):
    """The picture was redacted after it was read and before the result was stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored frame.

    Attributes:
        frame: the frame with its spacing and effective area.
        picture_id: which pixels these are: the ``Frame.picture_id`` when read. Code that stores
            something made from them checks in the same transaction that it is unchanged.
    """

    frame: Frame
    picture_id: UUID | None
    frame_id: UUID
    index: int


def stored_frame(runtime: Runtime, image_id: UUID, index: int = 0) -> Stored:
    """Read a frame of a stored image.

    Raises:
        BlobNotFoundError: the image was deleted, or has no such frame.
    """
    return _stored(runtime, image_id, FrameRow.index == index)


def stored_frame_of(runtime: Runtime, mask: Mask) -> Stored:
    """Read the frame that a mask belongs to.

    Raises:
        BlobNotFoundError: the image was deleted.
    """
    return _stored(runtime, mask.image_id, FrameRow.id == mask.frame_id)


def _stored(runtime: Runtime, image_id: UUID, which: ColumnElement[bool]) -> Stored:
    here = (
        (RegionRow.image_id == FrameRow.image_id)
        & (RegionRow.first_frame <= FrameRow.index)
        & (RegionRow.last_frame >= FrameRow.index)
    )
    query = (
        select(FrameRow, RegionRow)
        .outerjoin(RegionRow, here)
        .where(FrameRow.image_id == image_id, which)
    )
    missing: str | None = None
    while True:
        with runtime.database.read() as session:
            rows = session.execute(query).all()
        if not rows:
            raise BlobNotFoundError(frame_key(image_id, None))
        row = rows[0][0]
        picture_id = row.picture_id
        key = frame_key(image_id, picture_id)
        try:
            pixels = decode_png(runtime.blobs.get(key))
        except BlobNotFoundError:
            if key == missing:
                raise
            missing = key  # redacted or deleted after the row was read
            continue
        known = geometry((one[1] for one in rows if one[1] is not None), row.index)
        frame = Frame(
            pixels,
            known.spacing,
            _region(known.area) if known.area else None,
            tuple(Scale(_region(box), mm) for box, mm in known.scales),
            tuple(Unmeasured(_region(box), covers) for box, covers in known.unmeasured),
        )
        return Stored(frame, picture_id, row.id, row.index)


def _region(box: Box) -> Region:
    return Region(box.top, box.left, box.height, box.width)


def _image_with() -> Select[UUID]:
    project: BindParameter[UUID] = bindparam("project")
    owner: BindParameter[UUID] = bindparam("owner")
    digest: BindParameter[str] = bindparam("digest")
    owned = select(literal(0).label("place"), Image.id.label("image_id")).where(
        Image.project_id == project, Image.owner_id == owner, Image.pixel_sha256 == digest
    )
    before = (
        select(literal(1), PixelAlias.image_id)
        .join(Image)
        .where(
            Image.project_id == project,  # not a deleted one
            PixelAlias.project_id == project,
            PixelAlias.owner_id == owner,
            PixelAlias.pixel_sha256 == digest,
        )
    )
    both = union_all(owned, before).subquery()
    return select(both.c.image_id).order_by(both.c.place).limit(1)


_IMAGE_WITH = _image_with()
"""Built once, because building it is most of its cost."""


def image_with(session: Session, digest: str, project_id: UUID, owner_id: UUID) -> UUID | None:
    """The owner's image in a project that has these pixels, or had them before a redaction."""
    known = {"digest": digest, "project": project_id, "owner": owner_id}
    return session.scalar(_IMAGE_WITH, known)


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """JPEG of at most `THUMBNAIL_SIDE` px a side; 50 % larger than WebP, in a tenth of the time."""
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    image = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise ValueError(f"cannot write a thumbnail of shape {small.shape}")
    return data.tobytes()


def preview(pixels: NDArray[np.uint8]) -> bytes:
    """JPEG of the frame's size, for playing: near lossless, with a third of a PNG's bytes."""
    image = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise ValueError(f"cannot write a picture of shape {pixels.shape}")
    return data.tobytes()


def series_of(
    session: WriteSession, project_id: UUID, key: SiteKey, decoded: Decoded
) -> UUID | None:
    """The series of a file; None if the file names no study."""
    if not decoded.study_id:
        return None
    series = key.pseudonym(decoded.series_id) if decoded.series_id else None
    return series_with(session, project_id, key.pseudonym(decoded.study_id), series)


def attributes_of(
    session: WriteSession,
    runtime: Runtime,
    decoded: Decoded,
    project_id: UUID,
    subject_id: UUID | None,
    series_id: UUID | None,
) -> dict[str, Any]:
    """Return the attributes of a file that the project's and the site's rules keep.

    Dates are moved back by a number of days specific to the patient, or to the study if no patient
    is known; without either, they are left out.
    """
    if decoded.format != "dicom":
        return decoded.attributes
    pseudonym = session.scalar(select(Subject.pseudonym).where(Subject.id == subject_id))
    if pseudonym is None:
        of_series = select(Study.pseudonym).join(Series, Series.study_id == Study.id)
        pseudonym = session.scalar(of_series.where(Series.id == series_id))
    dates = {}
    if pseudonym is not None:
        earlier = timedelta(days=runtime.site_key.days_earlier(pseudonym))
        dates = {
            word: f"{date.fromisoformat(day) - earlier:%Y%m%d}"
            for word, day in decoded.dates.items()
        }
    options = options_of(session, project_id, runtime.settings)
    return described(decoded.attributes, decoded.characteristics, dates, options)


def image_digest(frames: Sequence[str]) -> str:
    """Identity of an image by its frames' pixel digests in order; for a still, that digest."""
    if len(frames) == 1:
        return frames[0]
    return hashlib.sha256("\n".join(frames).encode()).hexdigest()


def pixel_digest(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 over shape and pixels."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
