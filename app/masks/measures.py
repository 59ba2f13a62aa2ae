"""What is measured on a mask, as JSON."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.images.schemas import Box


class LesionFigures(BaseModel):
    """One lesion in figures; lengths in mm are null where the spacing is not known.

    A lesion of a model is one connected object. A person may have drawn one in several parts:
    area and box are those of all parts together, the axes those of the part that is longest.
    """

    label: int
    class_id: UUID | None = Field(None, description="Null: the class “lesion”.")
    area_px: float
    area_mm2: float | None
    box: Box
    long_axis_px: float
    short_axis_px: float
    long_axis_mm: float | None
    short_axis_mm: float | None
    mean_probability: float | None = Field(description="Null where a person drew it.")
    probability: float | None = Field(
        None, description="That this is a lesion; null where the model cannot tell."
    )
    expected_dice: float | None = Field(
        None,
        description="Of this outline and the one that a person would draw; null likewise.",
    )


class Lesion(LesionFigures):
    """One lesion with its outline."""

    contour: list[tuple[float, float]] = Field(
        description="Polygon, x and y in px of the frame; of the largest part."
    )
    other_contours: list[list[tuple[float, float]]] = Field([], description="Of further parts.")


class Reason(BaseModel):
    """One reason to look twice."""

    code: str
    text: str


class Uncertainty(BaseModel):
    """How unsure the answer is: 0 sure, 1 not at all.

    With a model that tells presence the score is the probability that a person has to correct the
    answer: a lesion missed, an outline that is none, or one with an IoU below 0.7.
    """

    score: float
    reasons: list[Reason]


class Presence(BaseModel):
    """That the image shows a lesion."""

    probability: float
    operating_point: float = Field(
        description="An outline is drawn where the probability that it is a lesion is at least "
        "this."
    )


class ModelReference(BaseModel):
    """Which network."""

    name: str
    version: str
    sha256: str


class Provenance(BaseModel):
    """What made the mask; the same input, model and settings give the same bytes."""

    model: ModelReference
    settings: dict[str, Any]
    software: str
    provider: str
