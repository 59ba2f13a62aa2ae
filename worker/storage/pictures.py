"""Stored pictures: the frame as it is now, and whose pixels are known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame as FrameRow
from app.images.tables import Image, frame_key
from app.redaction.tables import PixelAlias
from worker.pipeline import Frame, Region, decode_png
from worker.runtime import Runtime

THUMBNAIL_SIDE = 256


class PictureChangedError(Exception):
    """The picture was redacted between being read and what was made of it being stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored frame.

    Attributes:
        frame: with its spacing and effective area.
        picture_id: which pixels these are, as ``Image.picture_id`` was. Whoever stores something
            made of them checks, in the same transaction, that it still is.
    """

    frame: Frame
    picture_id: UUID | None


def stored_frame(runtime: Runtime, image_id: UUID) -> Stored:
    """The frame of a stored image.

    Raises:
        BlobNotFoundError: the image was deleted.
    """
    query = (
        select(FrameRow, Image.picture_id)
        .join(Image, Image.id == FrameRow.image_id)
        .where(FrameRow.image_id == image_id)
    )
    missing: str | None = None
    while True:
        with runtime.database.read() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            raise BlobNotFoundError(frame_key(image_id, None))
        row, picture_id = found
        key = frame_key(image_id, picture_id)
        try:
            pixels = decode_png(runtime.blobs.get(key))
        except BlobNotFoundError:
            if key == missing:
                raise
            missing = key  # redacted, or deleted, since the row was read
            continue
        spacing = (row.row_mm, row.column_mm) if row.row_mm and row.column_mm else None
        region = Region(**row.region) if row.region else None
        return Stored(Frame(pixels, spacing=spacing, region=region), picture_id)


def image_with(session: Session, digest: str, project_id: UUID, owner_id: UUID) -> UUID | None:
    """The owner's image in a project that has these pixels, or had them before some were black."""
    owned = select(literal(0).label("place"), Image.id.label("image_id")).where(
        Image.project_id == project_id, Image.owner_id == owner_id, Image.pixel_sha256 == digest
    )
    before = select(literal(1), PixelAlias.image_id).where(
        PixelAlias.project_id == project_id,
        PixelAlias.owner_id == owner_id,
        PixelAlias.pixel_sha256 == digest,
    )
    both = union_all(owned, before).subquery()
    return session.scalar(select(both.c.image_id).order_by(both.c.place).limit(1))


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """JPEG of at most `THUMBNAIL_SIDE` px a side; half as large again as WebP, in a tenth of the
    time."""
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    image = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise ValueError(f"cannot write a thumbnail of shape {small.shape}")
    return data.tobytes()


def pixel_digest(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 over shape and pixels."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
