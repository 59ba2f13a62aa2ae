"""Segmentation objects (PS3.3 A.51): a segment for each class, a frame for each drawn frame."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from worker.dicom.codes import (
    ABNORMAL,
    LESION,
    NEURAL_NETWORK,
    category_of,
    own_code,
)
from worker.dicom.finish import as_one_frame, part_10
from worker.dicom.result import Kind, LesionClass, MaskOrigin, Result

_TEMPORAL_POSITION_INDEX = 0x00209128
_FRAME_CONTENT = 0x00209111


def segmentation(result: Result) -> bytes:
    """Write the masks as a BINARY Segmentation object in the source's rows and columns.

    Every class is a segment. A class in one drawn frame is written for all drawn frames, so that
    "none here" differs from "not examined". Without any lesion there is one empty segment.
    """
    present = {key for frame in result.frames for key in frame.classes}
    classes = [one for one in result.classes if one.key in present] or [_NONE]
    empty = np.zeros((result.source.rows, result.source.columns), np.bool_)
    planes = [
        [frame.classes.get(one.key, empty).view(np.uint8) for frame in result.frames]
        for one in classes
    ]
    return _object(result, classes, planes, Kind.SEG)


def probabilities(result: Result) -> bytes:
    """Write the model's probabilities as a FRACTIONAL Segmentation object; 255 stands for 1.

    Raises:
        ValueError: a frame has no probabilities.
    """
    frames = [frame.probability for frame in result.frames]
    planes = [np.rint(one * 255).astype(np.uint8) for one in frames if one is not None]
    if len(planes) != len(frames):
        raise ValueError("a frame has no probabilities")
    return _object(result, [_NONE], [planes], Kind.PROBABILITY)


_NONE = LesionClass("lesion", "Lesion", LESION)


def _object(
    result: Result,
    classes: list[LesionClass],
    planes: list[list[NDArray[np.uint8]]],
    kind: Kind,
) -> bytes:
    """Write the object of planes uint8 [segment][frame][H,W]."""
    # highdicom does not write masks of several frames if the source lacks a frame of reference, as
    # ultrasound does: it describes the first frame, and the others are added here.
    source = as_one_frame(result.source.dataset)
    source.pop("FrameOfReferenceUID", None)
    binary = kind is Kind.SEG
    types = hd.seg.SegmentationTypeValues
    first = np.stack([frames[0] for frames in planes], axis=-1)[None]
    dataset = hd.seg.Segmentation(
        source_images=[source],
        pixel_array=first if binary else first.astype(np.float32) / 255,
        segmentation_type=types.BINARY if binary else types.FRACTIONAL,
        segment_descriptions=[
            _description(result, number, one) for number, one in enumerate(classes, 1)
        ],
        omit_empty_frames=False,
        max_fractional_value=255,
        content_label="LESIONS",
        content_description="Lesions. Research use only.",
        content_creator_name=f"{result.author}^" if result.author else None,
        **result.attributes(kind),
        **result.device(),
    )
    _spread(dataset, result, planes, binary=binary)
    if result.source.dataset.get("FrameOfReferenceUID"):
        dataset.FrameOfReferenceUID = result.source.dataset.FrameOfReferenceUID
        dataset.PositionReferenceIndicator = ""
    return part_10(dataset, result, kind)


def _spread(
    dataset: Dataset, result: Result, planes: list[list[NDArray[np.uint8]]], *, binary: bool
) -> None:
    """Describe every frame of every segment and insert its pixels."""
    template = dataset.PerFrameFunctionalGroupsSequence[0]
    cine = result.source.frames > 1
    identified = "SegmentIdentificationSequence" in template
    groups = []
    for segment in range(1, len(planes) + 1):
        for frame in result.frames:
            item = deepcopy(template)
            if identified:
                item.SegmentIdentificationSequence[0].ReferencedSegmentNumber = segment
            content = item.FrameContentSequence[0]
            content.DimensionIndexValues = [segment, frame.index + 1] if cine else [segment]
            if cine:
                content.TemporalPositionIndex = frame.index + 1
                images = item.DerivationImageSequence[0].SourceImageSequence
                images[0].ReferencedFrameNumber = frame.index + 1
            groups.append(item)
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(groups)
    dataset.NumberOfFrames = len(groups)
    every = (plane for frames in planes for plane in frames)
    data = _packed(every) if binary else b"".join(plane.tobytes() for plane in every)
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    if not binary:
        dataset["PixelData"].VR = "OB"
    organization = result.uid("dimensions")
    dataset.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    for index in dataset.DimensionIndexSequence:
        index.DimensionOrganizationUID = organization
    if cine:
        time = Dataset()
        time.DimensionOrganizationUID = organization
        time.DimensionIndexPointer = _TEMPORAL_POSITION_INDEX
        time.FunctionalGroupPointer = _FRAME_CONTENT
        time.DimensionDescriptionLabel = "Temporal Position Index"
        dataset.DimensionIndexSequence.append(time)
    overlap = any(
        sum((plane > 0).astype(np.uint8) for plane in one).max() > 1
        for one in zip(*planes, strict=True)
    )
    dataset.SegmentsOverlap = "YES" if overlap else "NO"


def _packed(planes: Iterable[NDArray[np.uint8]]) -> bytes:
    """Pack eight pixels per byte, lowest bit first, frames without gaps (PS3.5 8.1.1).

    Only one frame is in memory besides the result.
    """
    out, left = bytearray(), np.empty(0, np.uint8)
    for plane in planes:
        bits = np.concatenate([left, plane.ravel()])
        whole = len(bits) // 8 * 8
        out += np.packbits(bits[:whole], bitorder="little").tobytes()
        left = bits[whole:]
    return bytes(out + np.packbits(left, bitorder="little").tobytes())


def _description(result: Result, number: int, one: LesionClass) -> hd.seg.SegmentDescription:
    code = one.code or own_code("class", one.name)
    algorithm = None
    if result.made is not MaskOrigin.MANUAL and result.algorithm is not None:
        algorithm = hd.AlgorithmIdentificationSequence(
            name=result.algorithm.name[:64],
            version=result.algorithm.version[:64],
            family=NEURAL_NETWORK,
            source="Sonoloop",
            parameters={"sha256": result.algorithm.digest} if result.algorithm.digest else None,
        )
    colour = hd.color.CIELabColor.from_rgb(*one.colour) if one.colour else None
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=one.name[:64] or "Lesion",
        segmented_property_category=category_of(code) if one.code else ABNORMAL,
        segmented_property_type=code,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues(result.made.value),
        algorithm_identification=algorithm,
        anatomic_regions=[result.organ] if result.organ else None,
        display_color=colour,
        tracking_uid=result.uid("segment", one.key),
        tracking_id=one.name[:64] or "Lesion",
    )
