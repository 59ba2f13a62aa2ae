"""Results to write, made from synthetic sources."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage

from tests.synthetic import EllipseLesion, ultrasound, ultrasound_dataset
from worker.dicom.codes import attribute_name, attribute_value
from worker.dicom.result import Algorithm, FrameResult, LesionClass, MaskOrigin, Measured, Result
from worker.dicom.source import Source, from_reference
from worker.ingest.reference import source_reference
from worker.pipeline.drawn import drawn_lesions

ROWS, COLUMNS = 90, 122
"""Their product is not a multiple of 8, so frames do not begin at whole bytes."""
MASS = LesionClass("mass", "Mass", Code("4147007", "SCT", "Mass"), (255, 213, 74))
CYST = LesionClass("cyst", "Chocolate cyst", None, (79, 195, 247))


def source(frames: int = 1, colour: bool = False, **attributes: object) -> Source:
    """Return the source instance that is kept from a synthetic file."""
    picture = ultrasound(ROWS, COLUMNS, color=colour).pixels
    known = {"StudyID": "1", "AccessionNumber": "A1", "StudyDate": "20240229", "StudyTime": "1015"}
    dataset = ultrasound_dataset(picture, **(known | attributes))
    if frames > 1:
        dataset.SOPClassUID = UltrasoundMultiFrameImageStorage
        dataset.NumberOfFrames = frames
    return from_reference(source_reference(dataset, ExplicitVRLittleEndian, ROWS, COLUMNS))


def mask(center: tuple[float, float], axes: tuple[float, float] = (11.3, 7.1)) -> NDArray[np.bool_]:
    """Return an ellipse, tilted so that no symmetry hides a swapped axis."""
    return EllipseLesion(center, axes, 25.0).mask(ROWS, COLUMNS)


def frame(
    of: Source,
    drawn: Sequence[tuple[LesionClass, NDArray[np.bool_]]],
    index: int = 0,
    spacing: tuple[float, float] | None = None,
) -> FrameResult:
    """Return a frame with these lesions, measured."""
    lesions, classes = [], {}
    for number, (kind, pixels) in enumerate(drawn, 1):
        found = drawn_lesions(pixels.astype(np.uint8), spacing)[0]
        lesions.append(
            Measured(
                number=number,
                class_key=kind.key,
                outlines=tuple(of.points(one, ROWS, COLUMNS) for one in found.contours),
                area_px=found.area_px,
                long_px=found.long_axis.length_px,
                short_px=found.short_axis.length_px,
                area_mm2=found.area_mm2,
                long_mm=found.long_axis.length_mm,
                short_mm=found.short_axis.length_mm,
                values=(
                    (
                        attribute_name("Margin"),
                        attribute_value("Margin", "spiculated", "Not circumscribed: spiculated"),
                    ),
                ),
            )
        )
        classes[kind.key] = classes.get(kind.key, np.zeros((ROWS, COLUMNS), bool)) | pixels
    category = attribute_value("BI-RADS category", "4A", "4A: low suspicion for malignancy")
    return FrameResult(
        index=index,
        classes={key: of.put_back(one) for key, one in classes.items()},
        lesions=tuple(lesions),
        values=((attribute_name("BI-RADS category"), category),),
        overlay=np.full((ROWS, COLUMNS, 3), 40, np.uint8),
    )


def result(of: Source, frames: Sequence[FrameResult], **changes: object) -> Result:
    """Return a person's correction of a model's masks."""
    made = Result(
        source=of,
        key="mask 1",
        made=MaskOrigin.SEMIAUTOMATIC,
        made_at=datetime(2024, 3, 1, 12, 30, tzinfo=UTC),
        classes=(MASS, CYST),
        frames=tuple(frames),
        algorithm=Algorithm("sonoloop-lite2", "2.0.0", "ab" * 32),
        author="R-7F3K2QXA",
        organ=Code("15497006", "SCT", "Ovary"),
        software="sonoloop 0.1.0",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def complaints(data: bytes, folder: Path) -> list[str]:
    """Return errors from dciodvfy, and the output of dcmdump if it cannot read the file."""
    path = folder / "object.dcm"
    path.write_bytes(data)
    judged = subprocess.run(["dciodvfy", "-new", path], capture_output=True, check=False)
    text = (judged.stdout + judged.stderr).decode()
    dumped = subprocess.run(["dcmdump", "-q", path], capture_output=True, check=False)
    assert dumped.returncode == 0, dumped.stderr.decode()
    return [line for line in text.splitlines() if line.startswith("Error")]
