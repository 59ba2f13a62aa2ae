"""A result in the form for the writers of DICOM objects: arrays and strings, no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.sr.coding import Code

from worker.dicom.source import Source
from worker.dicom.uids import derived_uid

Points = NDArray[np.float64]
"""[N,2], column and row of the source."""


class MaskOrigin(StrEnum):
    """Origin of a mask (PS3.3 C.8.20.4, Segment Algorithm Type)."""

    AUTOMATIC = "AUTOMATIC"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    MANUAL = "MANUAL"


class Kind(StrEnum):
    """The kinds of objects written for a result, named as in the API."""

    SEG = "seg"
    SR = "sr"
    CAPTURE = "sc"
    PRESENTATION = "pr"
    PROBABILITY = "probability"

    @property
    def series_number(self) -> int:
        """The series number, far from those that scanners assign."""
        return 9001 + list(Kind).index(self)

    @property
    def series_description(self) -> str:
        """The Series Description."""
        return {
            Kind.SEG: "Sonoloop segmentation",
            Kind.SR: "Sonoloop measurements",
            Kind.CAPTURE: "Sonoloop overlay",
            Kind.PRESENTATION: "Sonoloop outlines",
            Kind.PROBABILITY: "Sonoloop probabilities",
        }[self]


@dataclass(frozen=True)
class Algorithm:
    """The network that a mask came from."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class LesionClass:
    """The class of a lesion: a segment of the object.

    Attributes:
        key: identifies the class.
        code: code of the segmented property; None stands for a private code.
        colour: red, green, blue, 0 to 255.
    """

    key: str
    name: str
    code: Code | None = None
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Measured:
    """One lesion of one frame.

    Attributes:
        number: the person's or the model's number for it, within the frame.
        outlines: closed outlines of its parts, largest first.
        long_axis, short_axis: caliper lines.
        area_mm2, long_mm, short_mm: None if the frame has no scale.
        values: attributes with a code: name and value.
        numbers: attributes that are numbers: name, number, unit by UCUM.
    """

    number: int
    class_key: str
    outlines: tuple[Points, ...]
    area_px: float
    long_px: float
    short_px: float
    area_mm2: float | None = None
    long_mm: float | None = None
    short_mm: float | None = None
    values: tuple[tuple[Code, Code], ...] = ()
    numbers: tuple[tuple[Code, float, Code], ...] = ()


@dataclass(frozen=True)
class HandMeasurement:
    """A person's measurement on a frame, besides the outlines.

    Attributes:
        kind: ruler, calipers, ellipse, angle, depth or volume.
        lines: [2,2] each, both ends as column and row of the source.
        length_px, length_mm: of each line; no mm if the frame has no scale along it.
        area_mm2: of an ellipse. volume_mm3: of a volume. angle_degrees: of an angle.
    """

    kind: str
    lines: tuple[Points, ...]
    length_px: tuple[float, ...]
    length_mm: tuple[float, ...] | None = None
    area_mm2: float | None = None
    volume_mm3: float | None = None
    angle_degrees: float | None = None


@dataclass(frozen=True)
class FrameResult:
    """The lesions, attributes and measurements of one frame.

    Attributes:
        index: frame index from 0.
        classes: bool [H,W] of the source for each class present.
        values: attributes of the image.
        overlay: uint8 [H,W,3] of the stored picture with the lesions on it; None if not requested.
    """

    index: int
    classes: Mapping[str, NDArray[np.bool_]] = field(repr=False)
    lesions: tuple[Measured, ...]
    values: tuple[tuple[Code, Code], ...] = ()
    by_hand: tuple[HandMeasurement, ...] = ()
    overlay: NDArray[np.uint8] | None = field(default=None, repr=False)
    probability: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Result:
    """Masks of one or several frames of an image, and who made them.

    Attributes:
        key: identifies these masks; the objects' UIDs are derived from it and from the source.
        made_at: the time recorded in the objects.
        author: a pseudonym; None if no person drew.
        redaction: the last redaction of the pictures; empty if there was none.
        may_show_text: whether a picture has an area that looks like text and that nobody judged, or
            was not searched for any.
    """

    source: Source
    key: str
    made: MaskOrigin
    made_at: datetime
    classes: Sequence[LesionClass]
    frames: Sequence[FrameResult]
    algorithm: Algorithm | None = None
    author: str | None = None
    organ: Code | None = None
    software: str = ""
    redaction: str = ""
    may_show_text: bool = False

    def uid(self, *parts: str) -> str:
        """Return the UID of a part of the result; equal masks of one source have equal UIDs."""
        return str(derived_uid(self.source.instance, self.key, *parts))

    def series_uid(self, kind: Kind) -> str:
        """One series for each kind and source, whatever the revision."""
        return str(derived_uid(self.source.instance, "series", kind))

    def instance_uid(self, kind: Kind) -> str:
        """Return the UID of an object; a picture with other pixels is another object."""
        shown = [self.redaction] if kind is Kind.CAPTURE and self.redaction else []
        return self.uid("instance", kind, *shown)

    def lesions(self) -> Iterator[tuple[FrameResult, Measured]]:
        """All lesions, in order of frames."""
        for frame in self.frames:
            for lesion in frame.lesions:
                yield frame, lesion

    def described(self) -> Mapping[str, LesionClass]:
        """Classes by key."""
        return {one.key: one for one in self.classes}

    def attributes(self, kind: Kind) -> dict[str, Any]:
        """Return the arguments of all objects' constructors."""
        return {
            "series_instance_uid": self.series_uid(kind),
            "series_number": kind.series_number,
            "sop_instance_uid": self.instance_uid(kind),
            "instance_number": 1,
            "manufacturer": "Sonoloop",
        }

    def device(self) -> dict[str, Any]:
        """Return the additional arguments of constructors that require the equipment."""
        return {
            "manufacturer_model_name": "Sonoloop",
            "software_versions": self.software or "unknown",
            "device_serial_number": "0",
        }
