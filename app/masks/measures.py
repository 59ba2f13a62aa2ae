"""Measures of a mask and the facts stored with them, which workers write and the api reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot, pi, prod
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.images.schemas import Box, Spacing, TextArea

Line = list[tuple[float, float]]
"""Both ends, x and y in px of the frame."""


_AS_LIKELY_AS_NOT = 0.5
"""Probability, as a page rounds it, below which an outline is more likely no lesion."""


def is_possible(probability: float | None) -> bool:
    """Whether an outline of that probability is a possible lesion; None means unknown."""
    return probability is not None and round(probability, 2) < _AS_LIKELY_AS_NOT


@dataclass(frozen=True, slots=True)
class HandFigures:
    """Values derived from the lines of a person's measurement; lengths are those of each line.

    Attributes:
        length_mm: None unless every line has a scale.
        area_mm2: of an ellipse, π/4·a·b.
        volume_mm3: of a volume, a prolate ellipsoid: π/6·a·b·c.
        angle_degrees: of an angle: in the body if both sides have the same scale, else in the
            picture.
    """

    length_px: list[float]
    length_mm: list[float] | None
    area_mm2: float | None
    volume_mm3: float | None
    angle_degrees: float | None


def hand_figures(
    kind: str,
    lines: Sequence[Sequence[Sequence[float]]],
    scales: Sequence[tuple[float, float] | None],
) -> HandFigures:
    """Return the figures of what a person measured.

    Args:
        kind: of :class:`app.masks.schemas.MeasurementKind`.
        lines: both ends of each, x and y in px of the frame.
        scales: (row, column) mm along each line, or None.
    """
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in lines]
    known = [scale for scale in scales if scale is not None]
    mm = None
    if len(known) == len(steps):
        pairs = zip(steps, known, strict=True)
        mm = [round(hypot(x * column, y * row), 3) for (x, y), (row, column) in pairs]
    same = known[0] if mm and len(set(known)) == 1 else None
    return HandFigures(
        length_px=[round(hypot(x, y), 2) for x, y in steps],
        length_mm=mm,
        area_mm2=round(pi / 4 * prod(mm), 3) if mm and kind == "ellipse" else None,
        volume_mm3=round(pi / 6 * prod(mm), 3) if mm and kind == "volume" else None,
        angle_degrees=_angle(steps, same or (1.0, 1.0)) if kind == "angle" else None,
    )


def _angle(sides: Sequence[tuple[float, float]], scale: tuple[float, float]) -> float:
    """Return the degrees between two sides (x, y) in px."""
    row, column = scale
    (ax, ay), (bx, by) = ((x * column, y * row) for x, y in sides)
    return round(abs(degrees(atan2(ax * by - ay * bx, ax * bx + ay * by))), 2)


class LesionFigures(BaseModel):
    """One lesion in figures; lengths in mm are null if the spacing is not known.

    A model's lesion is one connected object. A person may have drawn one in several parts: area and
    box are those of all parts together, the axes those of the longest part.
    """

    label: int
    class_id: UUID | None = Field(None, description="Null: the class “lesion”.")
    class_name: str | None = Field(
        None, description="The model's name for it, if the model distinguishes classes."
    )
    area_px: int
    area_mm2: float | None
    box: Box
    long_axis_px: float
    short_axis_px: float
    long_axis_mm: float | None
    short_axis_mm: float | None
    mean_probability: float | None = Field(description="Null if a person drew it.")
    probability: float | None = Field(
        None, description="Probability that this is a lesion; null if the model cannot estimate it."
    )
    expected_dice: float | None = Field(
        None,
        description=(
            "Expected Dice of this outline and a person's; null if the model cannot estimate it."
        ),
    )
    possible: bool | None = Field(
        None,
        description=(
            "The model considers this more likely not to be a lesion: its probability is below "
            "one half. Pages draw it dashed until a person keeps, changes or rejects it. Null "
            "if the model cannot estimate it."
        ),
    )

    @model_validator(mode="after")
    def _follows_from_probability(self) -> Self:
        if self.probability is not None:
            self.possible = is_possible(self.probability)
        return self


class Lesion(LesionFigures):
    """One lesion with its outline."""

    contour: list[tuple[int, int]] = Field(
        description="Polygon, x and y in px of the frame; of the largest part."
    )
    other_contours: list[list[tuple[int, int]]] = Field(
        [], description="Outlines of further parts."
    )
    long_axis: Line | None = Field(None, description="Both ends of the long axis, x and y in px.")
    short_axis: Line | None = Field(None, description="Both ends of the short axis, x and y in px.")


class Reason(BaseModel):
    """One reason to look twice."""

    code: str
    text: str


class Uncertainty(BaseModel):
    """Uncertainty of the answer: 0 is sure, 1 not at all.

    With a model that gives presence, the score is the probability that a person has to correct the
    answer: a missed lesion, an outline that is no lesion, or one with an IoU below 0.7.
    """

    score: float
    reasons: list[Reason]


class Presence(BaseModel):
    """The probability that the image shows a lesion."""

    probability: float
    operating_point: float = Field(
        description="An outline is drawn if the probability that it is a lesion is at least this."
    )


class ModelReference(BaseModel):
    """A model version, by name, number and digest of its graph."""

    name: str
    version: str
    sha256: str


class Provenance(BaseModel):
    """The origin of a mask; the same input, model and settings give the same bytes."""

    model: ModelReference
    settings: dict[str, Any]
    software: str
    provider: str


class Figures(BaseModel):
    """Measures of a mask, as stored."""

    width: int
    height: int
    spacing_mm: Spacing | None
    lesions: list[Lesion]

    def kept(self) -> dict[str, Any]:
        """Return JSON for a row: only the fields that were set."""
        return self.model_dump(mode="json", exclude_unset=True)

    def fields(self) -> dict[str, Any]:
        """The fields as a dictionary, for a model that has these and more."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class FileNotes(BaseModel):
    """Remarks about the file that a frame came from, and the text found in it."""

    notes: list[str] = Field(
        [],
        description=(
            "Impossible values in the file, which were ignored, and why lengths are unknown; "
            "sentences."
        ),
    )
    blanked: list[TextArea] | None = Field(
        None, description="What de-identification blacked out; null if unknown."
    )
    suspected: list[TextArea] | None = Field(
        None,
        description=(
            "What looks like text and was kept: check it, and black out anything that "
            "identifies a person. Null if unknown."
        ),
    )


class StoredResult(Figures, FileNotes):
    """A model's answer without the mask's bytes, as stored."""

    crop: Box
    possible_lesions: list[Lesion] = Field(
        [],
        description="Outlines that are more likely no lesion: not in the mask, for a person to "
        "take.",
    )
    presence: Presence | None = Field(
        None, description="Null if the model cannot estimate whether there is a lesion at all."
    )
    uncertainty: Uncertainty
    out_of_domain: bool | None = Field(
        None,
        description=(
            "The image is unlike those that the model was trained on, so its answer means "
            "little; null if the model cannot determine this."
        ),
    )
    domain_distance: float | None = Field(
        None,
        description=(
            "How far the image is from the training images, in units of the limit beyond which "
            "it is unlike them; null if the model cannot determine this."
        ),
    )
    provenance: Provenance
    timings_ms: dict[str, float]
