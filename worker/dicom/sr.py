"""Measurement reports: Comprehensive 3D SR by TID 1500 (PS3.16), a group (TID 1410) per lesion."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from highdicom import sr
from pydicom.sr.codedict import codes

from worker.dicom.codes import (
    ABSENT,
    ANGLE,
    AREA,
    CUBIC_MILLIMETRES,
    DEGREES,
    DEPTH,
    ELLIPSOID,
    LENGTH,
    LESION,
    LONG_AXIS,
    MILLIMETRES,
    NEURAL_NETWORK,
    PIXELS,
    PRESENT,
    SHORT_AXIS,
    SQUARE_MILLIMETRES,
    ULTRASOUND,
    VOLUME,
    category_of,
    own_code,
)
from worker.dicom.finish import part_10
from worker.dicom.result import (
    FrameResult,
    HandMeasurement,
    Kind,
    MaskOrigin,
    Measured,
    Result,
)
from worker.dicom.uids import derived_uid

_DEVICE = derived_uid("device", "sonoloop")


def report(result: Result) -> bytes:
    """Write the report: findings per frame, and area, axes, class and attributes of each lesion.

    Lengths are in millimetres if the frame has a scale, otherwise in pixels.
    """
    groups: list[
        sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
    ] = [_of_frame(result, frame) for frame in result.frames]
    groups += [_of_lesion(result, frame, lesion) for frame, lesion in result.lesions()]
    groups += [
        _by_hand(result, frame, one, number)
        for frame in result.frames
        for number, one in enumerate(frame.by_hand, 1)
    ]
    content = sr.MeasurementReport(
        observation_context=_context(result),
        procedure_reported=ULTRASOUND,
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    # highdicom copies its tree and searches it for references, which takes as long as everything
    # else for a long cine. So it gets the tree without the measurements, which have one known
    # reference, and they are added to the document afterwards.
    root, whole = content[0], content[0].ContentSequence
    root.ContentSequence = [one for one in whole if one.ValueType != "CONTAINER"]
    dataset = sr.Comprehensive3DSR(
        evidence=[result.source.dataset],
        content=root,
        is_complete=True,
        is_final=False,
        **result.attributes(Kind.SR),
        **result.device(),
        specific_character_set="ISO_IR 192",
    )
    dataset.ContentTemplateSequence = root.ContentTemplateSequence
    dataset.ContentSequence = whole
    return part_10(dataset, result, Kind.SR)


def _context(result: Result) -> sr.ObservationContext:
    person = None
    if result.author:
        person = sr.ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(
                name=f"{result.author}^"
            ),
        )
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=_DEVICE, name="Sonoloop", manufacturer_name="Sonoloop", model_name=result.software
        ),
    )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _frames(result: Result, frame: FrameResult) -> list[int] | None:
    return [frame.index + 1] if result.source.frames > 1 else None


def _of_frame(result: Result, frame: FrameResult) -> sr.MeasurementsAndQualitativeEvaluations:
    """Whether the frame shows a lesion, and the attributes of the image."""
    source = result.source.dataset
    name = f"Frame {frame.index + 1}" if result.source.frames > 1 else "Image"
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=result.uid("frame", str(frame.index)), identifier=name
        ),
        source_images=[
            sr.SourceImageForMeasurementGroup(
                source.SOPClassUID, source.SOPInstanceUID, _frames(result, frame)
            )
        ],
        finding_sites=_sites(result),
        qualitative_evaluations=[
            sr.QualitativeEvaluation(LESION, PRESENT if frame.lesions else ABSENT),
            *(sr.QualitativeEvaluation(one, value) for one, value in frame.values),
        ],
    )


def _sites(result: Result) -> list[sr.FindingSite] | None:
    return [sr.FindingSite(result.organ)] if result.organ else None


def _of_lesion(
    result: Result, frame: FrameResult, lesion: Measured
) -> sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    described = result.described()[lesion.class_key]
    finding = described.code or own_code("class", described.name)
    place = f"frame {frame.index + 1}, " if result.source.frames > 1 else ""
    outline = lesion.outlines[0]
    closed = [*outline.tolist(), outline[0].tolist()]
    if len(closed) < 3:  # a lesion of one pixel: from corner to corner
        closed = [closed[0], closed[0], closed[0]]
    algorithm = None
    if result.made is not MaskOrigin.MANUAL and result.algorithm:
        algorithm = sr.AlgorithmIdentification(
            name=result.algorithm.name,
            version=result.algorithm.version,
            family=NEURAL_NETWORK,
            parameters=[f"sha256={digest}"] if (digest := result.algorithm.digest) else None,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        region = sr.ImageRegion(
            graphic_type=sr.GraphicTypeValues.POLYLINE,
            graphic_data=np.array(closed, dtype=np.float32),
            source_image=_image(result, frame),
        )
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=result.uid("lesion", str(frame.index), str(lesion.number)),
            identifier=f"{described.name}, {place}lesion {lesion.number}"[:64],
        ),
        referenced_region=region,
        finding_type=finding,
        finding_category=category_of(finding),
        finding_sites=_sites(result),
        algorithm_id=algorithm,
        measurements=_measurements(lesion),
        qualitative_evaluations=[
            sr.QualitativeEvaluation(name, value) for name, value in lesion.values
        ],
    )


_AXES = {
    "ruler": (LENGTH,),
    "calipers": (LONG_AXIS, SHORT_AXIS),
    "ellipse": (LONG_AXIS, SHORT_AXIS),
    "depth": (DEPTH,),
    "volume": (LENGTH, LENGTH, LENGTH),
}
"""Names of the line lengths of each kind; an angle's lines have none."""


def _by_hand(
    result: Result, frame: FrameResult, one: HandMeasurement, number: int
) -> sr.MeasurementsAndQualitativeEvaluations:
    """A person's measurement, with its lines."""
    place = f"frame {frame.index + 1}, " if result.source.frames > 1 else ""
    image = _image(result, frame)
    if _AXES.get(one.kind) == (LONG_AXIS, SHORT_AXIS):
        one = _longest_first(one)
    lines = [
        sr.CoordinatesForMeasurement(sr.GraphicTypeValues.POLYLINE, line, image)
        for line in one.lines
    ]
    found = []
    for at, name in enumerate(_AXES.get(one.kind, ())):
        mm = one.length_mm
        value = (one.length_px[at], PIXELS) if mm is None else (mm[at], MILLIMETRES)
        found.append(sr.Measurement(name, *value, referenced_coordinates=[lines[at]]))
    if one.area_mm2 is not None:
        # The longer axis of the picture comes first (PS3.3 C.18.6.1.2), whatever it is in mm.
        axes = sorted(one.lines, key=lambda line: -float(np.linalg.norm(line[1] - line[0])))
        ends = sr.CoordinatesForMeasurement(
            sr.GraphicTypeValues.ELLIPSE, np.concatenate(axes), image
        )
        found.append(
            sr.Measurement(AREA, one.area_mm2, SQUARE_MILLIMETRES, referenced_coordinates=[ends])
        )
    if one.volume_mm3 is not None:
        found.append(
            sr.Measurement(
                VOLUME,
                one.volume_mm3,
                CUBIC_MILLIMETRES,
                method=ELLIPSOID,
                referenced_coordinates=lines,
            )
        )
    if one.angle_degrees is not None:
        found.append(
            sr.Measurement(ANGLE, one.angle_degrees, DEGREES, referenced_coordinates=lines)
        )
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=result.uid("by hand", str(frame.index), str(number)),
            identifier=f"{place}{one.kind} {number}",
        ),
        finding_sites=_sites(result),
        measurements=found,
    )


def _longest_first(one: HandMeasurement) -> HandMeasurement:
    """The measurement with its longest line first: a person may draw the short axis first."""
    lengths = one.length_mm or one.length_px
    order = sorted(range(len(lengths)), key=lambda at: -lengths[at])
    return replace(
        one,
        lines=tuple(one.lines[at] for at in order),
        length_px=tuple(one.length_px[at] for at in order),
        length_mm=one.length_mm and tuple(one.length_mm[at] for at in order),
    )


def _image(result: Result, frame: FrameResult) -> sr.SourceImageForRegion:
    source = result.source.dataset
    return sr.SourceImageForRegion(
        source.SOPClassUID, source.SOPInstanceUID, _frames(result, frame)
    )


def _measurements(lesion: Measured) -> list[sr.Measurement]:
    area = (
        (lesion.area_px, PIXELS)
        if lesion.area_mm2 is None
        else (lesion.area_mm2, SQUARE_MILLIMETRES)
    )
    found = [sr.Measurement(AREA, *area)]
    for name, px, mm in (
        (LONG_AXIS, lesion.long_px, lesion.long_mm),
        (SHORT_AXIS, lesion.short_px, lesion.short_mm),
    ):
        value = (px, PIXELS) if mm is None else (mm, MILLIMETRES)
        found.append(sr.Measurement(name, *value))
    found += [sr.Measurement(name, value, unit) for name, value, unit in lesion.numbers]
    return found
