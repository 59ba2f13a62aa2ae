"""What a segmentation says, as JSON."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class Box(BaseModel):
    """A rectangle in pixels of the frame."""

    top: int
    left: int
    height: int
    width: int


class TextArea(Box):
    """A place that holds, or looks as if it held, what a scanner wrote; never what it says."""

    kind: str = Field(description="text, banner, logo, bar, thumbnail or other.")


class Spacing(BaseModel):
    """Distance between pixel centres in mm, along a column (``row``) and along a row."""

    row: float
    column: float


class LesionFigures(BaseModel):
    """One lesion in figures; lengths in mm are null where the spacing is not known.

    A lesion of a model is one connected object. A person may have drawn one in several parts:
    area, box and axes are those of all parts together.
    """

    label: int
    area_px: float
    area_mm2: float | None
    box: Box
    long_axis_px: float
    short_axis_px: float
    long_axis_mm: float | None
    short_axis_mm: float | None
    mean_probability: float | None = Field(description="Null where a person drew it.")


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
    """How unsure the network is: 0 sure, 1 not at all."""

    score: float
    reasons: list[Reason]


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


class ResultLinks(BaseModel):
    """Where the parts are."""

    image: str | None
    mask: str | None
    overlay: str | None


class StoredResult(BaseModel):
    """A result without the mask's bytes, as rows keep it."""

    width: int
    height: int
    spacing_mm: Spacing | None
    crop: Box
    lesions: list[Lesion]
    uncertainty: Uncertainty
    out_of_domain: bool | None = Field(
        None,
        description="The image is not like those that the model was trained on, so its answer "
        "means little; null where the model cannot tell.",
    )
    provenance: Provenance
    timings_ms: dict[str, float]
    blanked: list[TextArea] | None = Field(
        None, description="What de-identification made black; null where it is not known."
    )
    suspected: list[TextArea] | None = Field(
        None,
        description="What looks like text and was kept: look at it, and black out what "
        "identifies anybody. Null where it is not known.",
    )


class SegmentResult(StoredResult):
    """The answer to ``POST /segment``."""

    job_id: UUID
    image_id: UUID | None
    frame_id: UUID | None
    mask_id: UUID | None
    mask_png_base64: str | None = Field(
        description="1-bit PNG, white is lesion, as large as the frame."
    )
    links: ResultLinks
