"""What a segmentation says, as JSON."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.images.schemas import Box, Spacing, TextArea
from app.images.tables import MOST_FRAMES
from app.jobs.schemas import JobSummary
from app.masks.measures import Lesion, Presence, Provenance, Uncertainty


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
    frame_index: int = Field(
        0, description="Of a cine, the frame that this is about: that with the longest lesion."
    )
    frames: int = Field(1, description="That were segmented.")
    frames_with_lesions: int | None = Field(None, description="Of a cine.")
    mask_id: UUID | None
    mask_png_base64: str | None = Field(
        description="1-bit PNG, white is lesion, as large as the frame."
    )
    links: ResultLinks


class FrameRange(BaseModel):
    """Frames of a cine, by index."""

    model_config = ConfigDict(extra="forbid")

    first: int = Field(0, strict=True, ge=0, lt=MOST_FRAMES)
    last: int | None = Field(
        None, strict=True, ge=0, lt=MOST_FRAMES, description="Included; default: the last one."
    )
    step: int = Field(1, strict=True, ge=1, lt=MOST_FRAMES, description="Every so many.")


class Again(BaseModel):
    """Another run over a stored image."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, max_length=80)
    frames: FrameRange | None = Field(
        None,
        description="Of a cine; default: some frames over its whole time. A still has one frame.",
    )


class JobDetails(JobSummary):
    """A job with its result once it is done."""

    result: SegmentResult | None
