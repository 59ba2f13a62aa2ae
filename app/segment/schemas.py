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
        0, description="For a cine, the frame that this describes: the one with the longest lesion."
    )
    frames: int = Field(1, description="Frames that were segmented.")
    frames_with_lesions: int | None = Field(None, description="Frames with lesions, for a cine.")
    mask_id: UUID | None
    mask_png_base64: str | None = Field(
        description="1-bit PNG in the size of the frame; lesions are white."
    )
    links: ResultLinks


class FrameRange(BaseModel):
    """Frames of a cine, by index."""

    model_config = ConfigDict(extra="forbid")

    first: int = Field(0, strict=True, ge=0, lt=MOST_FRAMES)
    last: int | None = Field(
        None, strict=True, ge=0, lt=MOST_FRAMES, description="Inclusive; default: the last one."
    )
    step: int = Field(1, strict=True, ge=1, lt=MOST_FRAMES, description="Step between frames.")


class NewPrediction(BaseModel):
    """Another run over a stored image."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, max_length=80)
    frames: FrameRange | None = Field(
        None,
        description=(
            "For a cine; default: some frames spread over its whole length. A still has one frame."
        ),
    )


class JobDetails(JobSummary):
    """A job with its result once it is done."""

    result: SegmentResult | None
