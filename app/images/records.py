"""Rows of images, frames and regions: the only place that inserts them and reads them together.

It needs only tables, so workers can use it as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.database import WriteSession, insert_row
from app.core.ids import new_id
from app.images.tables import (
    Frame,
    Image,
    Region,
    RegionKind,
    Series,
    SpacingSource,
    Study,
    frame_key,
    preview_key,
    thumbnail_key,
)

SPATIAL = (RegionKind.TWO_D, RegionKind.COLOUR)
"""Kinds of regions whose rows and columns are lengths in the body."""
COVERING = (RegionKind.M_MODE, RegionKind.SPECTRAL)
"""Kinds of regions that hide the picture under them; a trace of the heart is only drawn over it."""
AGREE = 0.02
"""Relative difference up to which two spacings count as the same one, rounded."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in px of a frame."""

    top: int
    left: int
    height: int
    width: int

    def shared(self, other: Box) -> int:
        """Return the number of pixels in both."""
        bottom = min(self.top + self.height, other.top + other.height)
        right = min(self.left + self.width, other.left + other.width)
        height, width = bottom - max(self.top, other.top), right - max(self.left, other.left)
        return max(0, height) * max(0, width)

    @property
    def size(self) -> int:
        """Number of pixels in it."""
        return self.height * self.width

    def contains(self, other: Box) -> bool:
        """Return whether the other one lies entirely in this one."""
        return self.shared(other) == other.size


@dataclass(frozen=True, slots=True)
class Geometry:
    """The regions of one frame, summarised for the whole frame.

    Attributes:
        area: the box around the regions that show the body, in px; None if there are none.
        spacing: (row, column) in mm; None if it is unknown or differs between regions.
        scales: the regions that show the body, each with its spacing.
        unmeasured: all other regions, each with whether it hides the picture under it.
    """

    area: Box | None
    spacing: tuple[float, float] | None
    scales: tuple[tuple[Box, tuple[float, float] | None], ...] = ()
    unmeasured: tuple[tuple[Box, bool], ...] = ()

    def at(self, box: Box) -> tuple[float, float] | None:
        """Return the spacing in a box, by the same rule as `worker.pipeline.frame.Lengths`."""
        touched = [(one, spacing) for one, spacing in self.scales if one.shared(box)]
        inside = any(one.contains(box) for one, _ in touched)
        if any(one.shared(box) and (covers or not inside) for one, covers in self.unmeasured):
            return None
        if not inside and any(_apart(a, b) for (a, _), (b, _) in combinations(touched, 2)):
            return None
        if self.spacing is not None:
            return self.spacing
        if not inside:
            return None
        first = touched[0][1]
        if first is None or not all(_same(first, spacing) for _, spacing in touched):
            return None
        return first


def geometry(regions: Iterable[Region], index: int = 0) -> Geometry:
    """Return the geometry of the frame `index` of an image with these regions."""
    here = [one for one in regions if one.first_frame <= index <= one.last_frame]
    shown = [one for one in here if one.kind in SPATIAL]
    unmeasured = tuple((_box(one), one.kind in COVERING) for one in here if one not in shown)
    if not shown:
        return Geometry(None, None, unmeasured=unmeasured)
    top, left = min(one.top for one in shown), min(one.left for one in shown)
    bottom = max(one.top + one.height for one in shown)
    right = max(one.left + one.width for one in shown)
    spacings = [_spacing(one) for one in shown]
    first = spacings[0]
    agree = first is not None and all(_same(first, other) for other in spacings)
    return Geometry(
        Box(top, left, bottom - top, right - left),
        first if agree else None,
        tuple((_box(one), spacing) for one, spacing in zip(shown, spacings, strict=True)),
        unmeasured,
    )


def _box(region: Region) -> Box:
    return Box(region.top, region.left, region.height, region.width)


def _apart(one: Box, other: Box) -> bool:
    return 2 * one.shared(other) < min(one.size, other.size)


def _spacing(region: Region) -> tuple[float, float] | None:
    if not region.row_mm or not region.column_mm:
        return None
    return region.row_mm, region.column_mm


def _same(one: tuple[float, float], other: tuple[float, float] | None) -> bool:
    return other is not None and all(
        abs(a - b) <= AGREE * max(a, b) for a, b in zip(one, other, strict=True)
    )


def frame_mark(index: int) -> list[int]:
    """Return the frame's part of a request's fingerprint: nothing for the first frame.

    Requests from before images had several frames named no frame, and are still recognised when
    sent again.
    """
    return [index] if index else []


def at_frame(image_id: UUID, index: int) -> Select[Image, Frame]:
    """Return the query for an image and one of its frames in one statement."""
    return (
        select(Image, Frame)
        .join(Frame, Frame.image_id == Image.id)
        .where(Image.id == image_id, Frame.index == index)
    )


def regions_of(session: Session, image_id: UUID) -> Sequence[Region]:
    """Return the regions of an image, in the order of the file."""
    query = select(Region).where(Region.image_id == image_id).order_by(Region.number)
    return session.scalars(query).all()


def insert_image(
    session: WriteSession, image: Image, frames: Iterable[Frame], regions: Iterable[Region]
) -> None:
    """Insert an image with its frames and regions, taking the frames one at a time."""
    insert_row(session, image)
    for frame in frames:
        insert_row(session, frame)
    for number, region in enumerate(regions):
        region.image_id, region.number = image.id, number
        insert_row(session, region)


def still_region(
    box: Mapping[str, Any],
    spacing: tuple[float, float] | None,
    source: SpacingSource | None,
) -> Region:
    """Return the region of a picture with a known effective area and perhaps a known spacing."""
    return Region(
        **box,
        kind=RegionKind.TWO_D,
        row_mm=spacing[0] if spacing else None,
        column_mm=spacing[1] if spacing else None,
        spacing_source=source if spacing else None,
    )


def series_with(session: Session, project_id: UUID, study: str, series: str | None) -> UUID:
    """Return the id of the series with these pseudonyms, creating it if there is none yet.

    Args:
        study: pseudonym of the study.
        series: pseudonym of the series; None if the file names no series.
    """
    name = series or study
    query = (
        select(Study.id.label("study_id"), Series.id.label("series_id"))
        .outerjoin(Series, (Series.study_id == Study.id) & (Series.pseudonym == name))
        .where(Study.project_id == project_id, Study.pseudonym == study)
    )
    found = session.execute(query).one_or_none()
    if found and found.series_id:
        return UUID(str(found.series_id))
    try:
        with session.begin_nested():
            study_id = found.study_id if found else new_id()
            if found is None:
                insert_row(session, Study(id=study_id, project_id=project_id, pseudonym=study))
            made = Series(id=new_id(), study_id=study_id, pseudonym=name)
            insert_row(session, made)
            return made.id
    except IntegrityError:  # another process made one of them in the meantime
        return series_with(session, project_id, study, series)


def picture_keys(image_id: UUID, picture_id: UUID | None) -> list[str]:
    """Return the keys of the blobs with the pixels of one frame."""
    return [
        frame_key(image_id, picture_id),
        thumbnail_key(image_id, picture_id),
        preview_key(image_id, picture_id),
    ]
