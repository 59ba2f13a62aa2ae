"""Stored masks as a result from which DICOM objects are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydicom.sr.coding import Code
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.core.blobs import BlobNotFoundError
from app.core.security import SiteKey, subject_code
from app.core.settings import VERSION
from app.deidentification.records import (
    DATES,
    METHODS,
    PATIENT,
    Method,
    disclosed,
    options_of,
)
from app.images.tables import Frame as FrameRow
from app.images.tables import Image, Series, SpacingSource, Study, Subject, mask_key
from app.images.tables import Region as RegionRow
from app.label_sets.records import classes_by_id
from app.label_sets.tables import LESION_CLASS_ID, Attribute, AttributeKind
from app.masks.measures import Provenance, hand_figures
from app.masks.tables import Mask, MaskSource
from app.redaction.tables import Redaction, unjudged_areas
from worker.dicom.codes import LESION, attribute_name, attribute_value
from worker.dicom.result import (
    Algorithm,
    FrameResult,
    HandMeasurement,
    LesionClass,
    MaskOrigin,
    Measured,
    Result,
)
from worker.dicom.source import Source, pseudonymous
from worker.pipeline import Frame, decode_mask_png
from worker.pipeline.drawn import DrawnLesion
from worker.pipeline.frame import Region, Spacing
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, measured
from worker.storage.pictures import Stored, stored_frame, stored_frame_of

LESIONS = LesionClass("lesion", "Lesion", LESION, (255, 176, 0))
_UNITS = {"mm": "millimeter", "cm": "centimeter", "cm/s": "centimeter per second", "%": "percent"}


@dataclass(frozen=True)
class Words:
    """The classes and attributes in drawings, by id."""

    classes: Mapping[str, LesionClass]
    attributes: Mapping[str, Attribute]


def pseudonymous_source(runtime: Runtime, image_id: UUID) -> Source:
    """Return the stored image as a source with this site's own UIDs and name.

    Raises:
        BlobNotFoundError: the image was deleted.
    """
    with runtime.database.read() as session:
        image = session.get(Image, image_id, options=[undefer(Image.acquisition)])
        if image is None:
            raise BlobNotFoundError(str(image_id))
        subject = session.get(Subject, image.subject_id) if image.subject_id else None
        study = session.scalar(
            select(Study.pseudonym)
            .join(Series, Series.study_id == Study.id)
            .where(Series.id == image.series_id)
        )
        options = options_of(session, image.project_id, runtime.settings)
    pixels = stored_frame(runtime, image_id).frame.pixels
    attributes = disclosed(image.acquisition, options)
    return pseudonymous(
        image=str(image_id),
        study=study or str(image_id),
        subject=subject.code if subject else "",
        height=pixels.shape[0],
        width=pixels.shape[1],
        frames=image.frame_count,
        colour=pixels.ndim == 3,
        body_part=str(attributes.get("BodyPartExamined") or ""),
        retained={**attributes.get(PATIENT, {}), **attributes.get(DATES, {})},
        methods=[
            Code(method, "DCM", method.meaning)
            for method in map(Method, attributes.get(METHODS, ()))
        ],
    )


def result_of(
    runtime: Runtime, masks: Sequence[Mask], source: Source, *, overlays: bool = False
) -> Result:
    """Return the result with masks of frames of one image.

    Args:
        source: the instance that the objects will reference.
        overlays: also draw the pictures.

    Raises:
        BlobNotFoundError: the image or one of the masks was deleted.
    """
    masks = sorted(masks, key=lambda mask: mask.id)  # the same masks give the same UIDs
    with runtime.database.read() as session:
        words = _words(session, masks)
        made, algorithm = _origin(session, masks)
        scales = _scales_by_hand(session, masks)
        redaction = _last_redaction(session, masks)
        may_show_text = _may_show_text(session, masks)
    frames = [_frame(runtime, mask, source, words, overlays=overlays) for mask in masks]
    drawn = {lesion.class_key for frame in frames for lesion in frame.lesions}
    people = sorted({str(mask.author_id) for mask in masks if mask.author_id})
    return Result(
        source=source,
        key="\n".join([*(str(mask.id) for mask in masks), *scales]),
        made=made,
        made_at=max(mask.created_at for mask in masks),
        classes=[one for key, one in words.classes.items() if key in drawn],
        frames=sorted(frames, key=lambda frame: frame.index),
        algorithm=algorithm,
        author=reader_code(runtime.site_key, people[0]) if len(people) == 1 else None,
        organ=source.organ,
        software=f"sonoloop {VERSION}",
        redaction=redaction,
        may_show_text=may_show_text,
    )


def _last_redaction(session: Session, masks: Sequence[Mask]) -> str:
    query = (
        select(Redaction.id)
        .where(Redaction.image_id == masks[0].image_id, Redaction.applied_at.is_not(None))
        .order_by(Redaction.applied_at.desc(), Redaction.id.desc())
    )
    found = session.scalar(query.limit(1))
    return str(found) if found else ""


def _may_show_text(session: Session, masks: Sequence[Mask]) -> bool:
    image_id = masks[0].image_id
    unsearched = select(FrameRow.id).where(
        FrameRow.image_id == image_id, FrameRow.blanked.is_(None)
    )
    suspected = bool(unjudged_areas(session, [image_id]))
    return suspected or session.scalar(unsearched.limit(1)) is not None


def _scales_by_hand(session: Session, masks: Sequence[Mask]) -> list[str]:
    """Return the scales that people set by hand: with another scale, the objects differ."""
    query = (
        select(RegionRow.number, RegionRow.row_mm)
        .where(
            RegionRow.image_id.in_({mask.image_id for mask in masks}),
            RegionRow.spacing_source == SpacingSource.MANUAL,
        )
        .order_by(RegionRow.number)
    )
    return [f"{number} {mm!r}" for number, mm in session.execute(query)]


def result_of_answer(
    at: datetime,
    source: Source,
    frame: Frame,
    mask_png: bytes,
    probability: NDArray[np.float32] | None,
    provenance: Provenance,
    numbers: NDArray[np.uint8] | None = None,
    class_names: Mapping[int, str] | None = None,
    *,
    may_show_text: bool = False,
) -> Result:
    """Return the result with a model's answer that is not stored.

    Args:
        at: when it was requested.
        source: the instance that the objects will reference.
        frame: the model's input.
        mask_png: its mask.
        probability: probability of each pixel, float32 [H,W], if requested.
        provenance: the model's provenance.
        numbers: uint8 [H,W], the lesion of each pixel, from a model with classes.
        class_names: the model's class name of each lesion, by number.
        may_show_text: whether an area of the frame looks like text.
    """
    pixels = decode_mask_png(mask_png)
    names = class_names or {}
    if numbers is None:
        lesions = by_size(measured(None, pixels, frame.lengths))
        found = {LESIONS.key: pixels} if pixels.any() else {}
    else:
        lesions = measured(Drawing(numbers), pixels, frame.lengths)
        found = {
            name: np.isin(numbers, [one for one, its in names.items() if its == name])
            for name in dict.fromkeys(names.values())
        }
    model = provenance.model
    measures = lesion_results(lesions, source, (frame.height, frame.width), names)
    drawn = FrameResult(
        index=0,
        classes={key: source.put_back(one) for key, one in found.items()},
        lesions=tuple(measures),
        overlay=draw_overlay(frame.pixels, pixels, lesions),
        probability=None if probability is None else source.put_back(probability),
    )
    digest = hashlib.sha256(mask_png).hexdigest()
    return Result(
        source=source,
        key=f"{json.dumps(provenance.model_dump(mode='json'), sort_keys=True)}\n{digest}",
        made=MaskOrigin.AUTOMATIC,
        made_at=at,
        classes=[LESIONS if key == LESIONS.key else LesionClass(key, key) for key in found],
        frames=[drawn],
        algorithm=Algorithm(model.name, model.version, model.sha256),
        organ=source.organ,
        software=f"sonoloop {VERSION}",
        may_show_text=may_show_text,
    )


def reader_code(key: SiteKey, user_id: str) -> str:
    """The pseudonym under which a person's drawings leave the site."""
    return "R-" + subject_code(key.pseudonym(f"reader/{user_id}")).removeprefix("S-")


def lesion_results(
    lesions: Iterable[DrawnLesion],
    source: Source,
    shape: tuple[int, int],
    class_keys: Mapping[int, str] | None = None,
) -> list[Measured]:
    """Convert measured lesions to the source's coordinates."""
    found = []
    for one in lesions:
        key = (class_keys or {}).get(one.label, LESIONS.key)
        found.append(
            Measured(
                number=one.label,
                class_key=key,
                outlines=tuple(source.points(outline, *shape) for outline in one.contours),
                area_px=float(one.area_px),
                long_px=one.long_axis.length_px,
                short_px=one.short_axis.length_px,
                area_mm2=one.area_mm2,
                long_mm=one.long_axis.length_mm,
                short_mm=one.short_axis.length_mm,
            )
        )
    return found


def by_size(lesions: Iterable[DrawnLesion]) -> tuple[DrawnLesion, ...]:
    """Number a model's lesions as in its answer: the largest comes first."""
    ordered = sorted(lesions, key=lambda one: (-one.area_px, one.box))
    return tuple(replace(one, label=number) for number, one in enumerate(ordered, 1))


def _frame(
    runtime: Runtime, mask: Mask, source: Source, words: Words, *, overlays: bool
) -> FrameResult:
    pixels = decode_mask_png(runtime.blobs.get(mask_key(mask.image_id, mask.id)))
    stored = stored_frame_of(runtime, mask)
    drawing = Drawing.from_json(mask.labels, *pixels.shape) if mask.labels else None
    lesions = measured(drawing, pixels, stored.frame.lengths)
    if drawing is None:
        lesions = by_size(lesions)
        classes = {LESIONS.key: pixels} if pixels.any() else {}
        keys: dict[int, str] = {}
    else:
        classes = {_key(one): found for one, found in drawing.by_class().items()}
        keys = {number: _key(drawing.class_of(number)) for number in drawing.numbers}
    found = [
        _described(one, drawing, words)
        for one in lesion_results(lesions, source, (pixels.shape[0], pixels.shape[1]), keys)
    ]
    return FrameResult(
        index=stored.index,
        classes={key: source.put_back(one) for key, one in classes.items()},
        lesions=tuple(found),
        values=_values(drawing.image_attributes, words) if drawing else (),
        by_hand=tuple(by_hand((mask.labels or {}).get("measurements", ()), stored.frame, source)),
        overlay=_overlay(stored, pixels, lesions) if overlays else None,
    )


def by_hand(
    kept: Iterable[Mapping[str, Any]], frame: Frame, source: Source
) -> Iterator[HandMeasurement]:
    """Convert a person's measurements in :attr:`app.masks.tables.Mask.labels` to the source.

    A line has millimetres if the box around it lies on one scale.
    """
    for one in kept:
        lines = np.asarray(one["lines"], np.float64)
        figures = hand_figures(one["kind"], one["lines"], [_scale(line, frame) for line in lines])
        yield HandMeasurement(
            kind=one["kind"],
            # Whole numbers are pixel corners here.
            lines=tuple(source.points(line - 0.5, frame.height, frame.width) for line in lines),
            length_px=tuple(figures.length_px),
            length_mm=tuple(figures.length_mm) if figures.length_mm else None,
            area_mm2=figures.area_mm2,
            volume_mm3=figures.volume_mm3,
            angle_degrees=figures.angle_degrees,
        )


def _scale(line: NDArray[np.float64], frame: Frame) -> Spacing | None:
    left, top = np.floor(line.min(axis=0)).astype(int)
    right, bottom = np.ceil(line.max(axis=0)).astype(int)
    box = Region(int(top), int(left), max(1, int(bottom - top)), max(1, int(right - left)))
    return frame.lengths.at(box)


def _overlay(
    stored: Stored, pixels: NDArray[np.bool_], lesions: Sequence[DrawnLesion]
) -> NDArray[np.uint8]:
    return draw_overlay(stored.frame.pixels, pixels, lesions)


def _key(class_id: UUID) -> str:
    return LESIONS.key if class_id == LESION_CLASS_ID else str(class_id)


def _described(lesion: Measured, drawing: Drawing | None, words: Words) -> Measured:
    said = drawing.attributes.get(lesion.number, {}) if drawing else {}
    return replace(lesion, values=_values(said, words), numbers=_numbers(said, words))


def _values(said: Mapping[str, Any], words: Words) -> tuple[tuple[Code, Code], ...]:
    """Choices by code. Free text is not exported: it may contain anything."""
    found = []
    for key, value in said.items():
        asked = words.attributes.get(key)
        if asked is None or asked.kind != AttributeKind.CHOICE:
            continue
        meanings = {one["value"]: one["meaning"] for one in asked.choices}
        meaning = str(meanings.get(value, value))
        found.append((attribute_name(asked.name), attribute_value(asked.name, value, meaning)))
    return tuple(found)


def _numbers(said: Mapping[str, Any], words: Words) -> tuple[tuple[Code, float, Code], ...]:
    found = []
    for key, value in said.items():
        asked = words.attributes.get(key)
        if asked is not None and asked.kind == AttributeKind.NUMBER:
            unit = asked.unit if asked.unit in _UNITS else "1"
            code = Code(unit or "1", "UCUM", _UNITS.get(unit or "", "no units"))
            found.append((attribute_name(asked.name), float(value), code))
    return tuple(found)


def _words(session: Session, masks: Sequence[Mask]) -> Words:
    classes, attributes = set(), set()
    for mask in masks:
        kept = mask.labels or {}
        classes |= {UUID(one) for one in kept.get("classes", {}).values()}
        classes |= {UUID(layer["class_id"]) for layer in kept.get("overlays", ())}
        said = [*kept.get("attributes", {}).values(), kept.get("image_attributes", {})]
        attributes |= {UUID(key) for values in said for key in values}
    named = {LESIONS.key: LESIONS}
    for class_id, row in classes_by_id(session, classes - {LESION_CLASS_ID}).items():
        code = None
        if row.code_scheme and row.code_value and row.code_meaning:
            code = Code(row.code_value, row.code_scheme, row.code_meaning)
        red, green, blue = (int(row.colour[at : at + 2], 16) for at in (1, 3, 5))
        named[str(class_id)] = LesionClass(str(class_id), row.name, code, (red, green, blue))
    rows = session.scalars(select(Attribute).where(Attribute.id.in_(attributes)))
    return Words(named, {str(row.id): row for row in rows})


def _origin(session: Session, masks: Sequence[Mask]) -> tuple[MaskOrigin, Algorithm | None]:
    """Origin of the masks: a model alone, a person's correction of a model's, or drawn by hand."""
    ways = [_way(session, mask) for mask in masks]
    algorithm = next((one for _, one in ways if one is not None), None)
    kinds = {made for made, _ in ways}
    if len(kinds) == 1:
        return kinds.pop(), algorithm
    return (MaskOrigin.SEMIAUTOMATIC if algorithm else MaskOrigin.MANUAL), algorithm


def _way(session: Session, mask: Mask) -> tuple[MaskOrigin, Algorithm | None]:
    if mask.source == MaskSource.MODEL:
        return MaskOrigin.AUTOMATIC, _algorithm(mask)
    if mask.source == MaskSource.CONSENSUS:
        method = str((mask.consensus or {}).get("method", "consensus"))
        return MaskOrigin.SEMIAUTOMATIC, Algorithm(f"consensus of readers: {method}", VERSION, "")
    if suggested := (mask.labels or {}).get("suggested"):
        return MaskOrigin.SEMIAUTOMATIC, Algorithm(
            f"lesions {suggested['way']} by flow", VERSION, ""
        )
    before = session.get(Mask, mask.prediction_id) if mask.prediction_id else None
    algorithm = _algorithm(before) if before else None
    image = session.get(Image, mask.image_id)
    blind = image is not None and image.model_hidden
    if algorithm is None or blind or mask.dice == 0:
        return MaskOrigin.MANUAL, None
    return (MaskOrigin.AUTOMATIC if mask.untouched else MaskOrigin.SEMIAUTOMATIC), algorithm


def _algorithm(mask: Mask) -> Algorithm | None:
    if not mask.model_name or not mask.model_version:
        return None
    model = ((mask.result or {}).get("provenance") or {}).get("model") or {}
    return Algorithm(mask.model_name, mask.model_version, str(model.get("sha256") or ""))
