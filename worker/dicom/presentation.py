"""Presentation states (PS3.3 A.33): the outlines as graphics over the source image."""

from __future__ import annotations

import pkgutil
from typing import Any

import numpy as np
from highdicom import pr

from worker.dicom.finish import as_one_frame, part_10
from worker.dicom.result import FrameResult, Kind, Result


def presentation(result: Result) -> bytes | None:
    """Write a softcopy presentation state with every outline; None if there is no lesion.

    It is grayscale if the source is, else colour.
    """
    layer = pr.GraphicLayer("LESIONS", 1, "Outlines of lesions")
    shown = as_one_frame(result.source.dataset)
    grey = str(shown.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    make = pr.GrayscaleSoftcopyPresentationState if grey else pr.ColorSoftcopyPresentationState
    shown.SamplesPerPixel = 1 if grey else 3  # a palette picture has colours
    drawn = [frame for frame in result.frames if frame.lesions]
    if not drawn:
        return None
    profile: dict[str, Any] = {} if grey else {"icc_profile": _srgb()}
    dataset = make(
        referenced_images=[shown],
        content_label="LESIONS",
        content_description="Outlines of lesions. Research use only.",
        graphic_annotations=[
            pr.GraphicAnnotation(
                referenced_images=[shown],
                graphic_layer=layer,
                graphic_objects=_outlines(result, frame),
            )
            for frame in drawn
        ],
        graphic_layers=[layer],
        **profile,
        **result.attributes(Kind.PRESENTATION),
        **result.device(),
    )
    if result.source.frames > 1:
        for frame, annotation in zip(drawn, dataset.GraphicAnnotationSequence, strict=True):
            annotation.ReferencedImageSequence[0].ReferencedFrameNumber = frame.index + 1
    return part_10(dataset, result, Kind.PRESENTATION)


def _outlines(result: Result, frame: FrameResult) -> list[pr.GraphicObject]:
    return [
        pr.GraphicObject(
            graphic_type=pr.GraphicTypeValues.POLYLINE,
            graphic_data=np.concatenate([outline, outline[:1]]),
            units=pr.AnnotationUnitsValues.PIXEL,
            tracking_id=f"lesion {lesion.number}",
            tracking_uid=result.uid("lesion", str(frame.index), str(lesion.number)),
        )
        for lesion in frame.lesions
        for outline in lesion.outlines
    ]


def _srgb() -> bytes | None:
    """Return the ICC profile of sRGB, assumed for a picture without its own profile."""
    return pkgutil.get_data("highdicom", "_icc_profiles/sRGB_v4_ICC_preference.icc")
