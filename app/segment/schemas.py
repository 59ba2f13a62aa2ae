"""Segmentations and their jobs, as JSON."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.images.tables import MOST_FRAMES
from app.jobs.schemas import JobSummary
from app.masks.measures import StoredResult


class ResultLinks(BaseModel):
    """Addresses of the result's parts."""

    image: str | None
    mask: str | None
    overlay: str | None


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


class NewPrediction(BaseModel):
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
