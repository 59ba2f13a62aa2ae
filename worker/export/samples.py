"""The samples of an export, read from rows and blobs a page at a time."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from scipy import ndimage
from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from app.core.blobs import BlobNotFoundError
from app.exports.tables import Export, ExportItem
from app.images.records import Box, Geometry, geometry
from app.images.tables import Frame, Image, Region, Subject, frame_key, mask_key
from app.masks.tables import Mask
from worker.export.categories import Categories
from worker.formats.sample import Sample
from worker.pipeline import decode_mask_png
from worker.pipeline.components import numbered
from worker.pipeline.frame import Spacing
from worker.runtime import Runtime
from worker.storage.drawing import Drawing

PAGE = 25
"""Rows in memory at once; each may have a drawing's runs, up to a megabyte."""
CODE_LENGTH = 16
"""Hexadecimal digits of a pseudonym: a collision among a million subjects is improbable (3e-8)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One mask of an export: its number, and its sample unless its image was deleted."""

    number: int
    sample: Sample | None


def pseudonym_key(runtime: Runtime, export: Export) -> bytes:
    """Return the key for the pseudonyms of one export.

    It depends on the export's masks and the site key: a repeated export has the same pseudonyms,
    two different exports cannot be linked, and neither can be linked with the site's own
    pseudonyms.
    """
    digest = hashlib.sha256()
    with runtime.database.read() as session:
        query = (
            select(ExportItem.mask_id)
            .where(ExportItem.export_id == export.id)
            .order_by(ExportItem.number)
            .execution_options(yield_per=5000)
        )
        for mask_id in session.scalars(query):
            digest.update(mask_id.bytes)
    return hmac.digest(runtime.site_key.subkey("export"), digest.digest(), "sha256")


def items(
    runtime: Runtime, export: Export, key: bytes, after: int, categories: Categories
) -> Iterator[Item]:
    """Yield the items after number `after`, in order."""
    while True:
        rows, regions = _page(runtime, export.id, after)
        for row in rows:
            sample = _sample(runtime, export, key, categories, row, regions[row.image_id])
            yield Item(row.number, sample)
        if len(rows) < PAGE:
            return
        after = rows[-1].number


def _page(
    runtime: Runtime, export_id: UUID, after: int
) -> tuple[list[Row[Any]], dict[UUID, list[Region]]]:
    """The next rows, and the regions of each of their images."""
    start = aliased(Mask)
    query = (
        select(
            ExportItem.number,
            ExportItem.image_id,
            ExportItem.mask_id,
            ExportItem.split,
            Mask.id.label("there"),
            Mask.labels,
            Mask.source,
            func.coalesce(Mask.model_name, start.model_name).label("model_name"),
            func.coalesce(Mask.model_version, start.model_version).label("model_version"),
            Frame.id.label("frame_id"),
            Frame.index.label("frame_index"),
            Frame.time_ms,
            Image.frame_count,
            Frame.width,
            Frame.height,
            Frame.picture_id,
            Image.acquisition,
            func.coalesce(Subject.pseudonym, Image.pixel_sha256).label("identity"),
        )
        .outerjoin(Mask, Mask.id == ExportItem.mask_id)
        .outerjoin(Frame, Frame.id == Mask.frame_id)
        .outerjoin(Image, Image.id == ExportItem.image_id)
        .outerjoin(Subject, Subject.id == Image.subject_id)
        .outerjoin(start, start.id == Mask.prediction_id)
        .where(ExportItem.export_id == export_id, ExportItem.number > after)
        .order_by(ExportItem.number)
        .limit(PAGE)
    )
    with runtime.database.read() as session:
        rows = list(session.execute(query))
        regions: dict[UUID, list[Region]] = defaultdict(list)
        ids = {row.image_id for row in rows}
        for region in session.scalars(select(Region).where(Region.image_id.in_(ids))):
            regions[region.image_id].append(region)
    return rows, regions


def _sample(
    runtime: Runtime,
    export: Export,
    key: bytes,
    categories: Categories,
    row: Row[Any],
    regions: list[Region],
) -> Sample | None:
    if row.there is None:
        return None
    try:
        frame_png = runtime.blobs.get(frame_key(row.image_id, row.picture_id))
        mask_png = runtime.blobs.get(mask_key(row.image_id, row.mask_id))
    except BlobNotFoundError:
        with runtime.database.read() as session:
            if session.get(Mask, row.mask_id) is None:  # deleted after the page was read
                return None
        raise
    if row.labels is None:
        drawing = Drawing(numbered(decode_mask_png(mask_png)))
    else:
        drawing = Drawing.from_json(row.labels, row.height, row.width)
    several = len(categories.all) > 1
    return Sample(
        name=f"{row.number:06d}",
        split=row.split.value,
        subject=_code(key, row.identity),
        frame_png=frame_png,
        labels=drawing.labels,
        overlays=tuple(drawing.overlays.values()),
        names=drawing.names if export.lesion_names else {},
        categories=categories.of(drawing.classes, drawing.numbers) if several else {},
        attributes={n: categories.by_name(values) for n, values in drawing.attributes.items()},
        image_attributes=categories.by_name(drawing.image_attributes),
        source=row.source.value,
        model=f"{row.model_name}@{row.model_version}" if row.model_name else "",
        spacing=_spacing(geometry(regions, row.frame_index), drawing),
        device=_device(row.acquisition),
        cine=_code(key, f"cine {row.image_id}") if row.frame_count > 1 else "",
        frame_index=row.frame_index,
        time_ms=row.time_ms,
        labelled=categories.looked_for(row.mask_id) if several else "",
    )


def _spacing(known: Geometry, drawing: Drawing) -> Spacing | None:
    """The spacing of all lesions; None if one has none, or they differ."""
    boxes = [
        Box(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        for layer in drawing.layers
        for rows, columns in filter(None, ndimage.find_objects(layer))
    ]
    found = {known.at(box) for box in boxes}
    if None in found:
        return None
    return known.spacing if known.spacing or len(found) != 1 else found.pop()


def _code(key: bytes, identity: str) -> str:
    return hmac.new(key, identity.encode(), hashlib.sha256).hexdigest()[:CODE_LENGTH]


def _device(attributes: dict[str, Any]) -> str:
    parts = (attributes.get("Manufacturer"), attributes.get("ManufacturerModelName"))
    return " ".join(str(part) for part in parts if part)
