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
    possible_lesions: list[Lesion] = Field(
        [],
        description="Outlines that are more likely no lesion: not in the mask, for a person to "
        "take.",
    )
    presence: Presence | None = Field(
        None, description="Null where the model cannot tell whether there is a lesion at all."
    )
    uncertainty: Uncertainty
    out_of_domain: bool | None = Field(
        None,
        description="The image is not like those that the model was trained on, so its answer "
        "means little; null where the model cannot tell.",
    )
    provenance: Provenance
    timings_ms: dict[str, float]
    notes: list[str] = Field(
        [],
        description="What the file says that cannot be true and was ignored, and why lengths "
        "are unknown; sentences.",
    )
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
