"""One image as JSON, with everything that its page shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.images.schemas import Spacing
from app.images.tables import RegionKind, SpacingSource, Split
from app.masks.schemas import DraftReference, MaskSummary, PresentPerson
from app.redaction.schemas import TextDetails
from app.reviews.schemas import ReadingDetails, ReviewDetails
from app.worklist.schemas import ImageSummary


class ProposedScale(BaseModel):
    """A scale that is printed in the picture: a row of marks at equal distances."""

    model_config = ConfigDict(from_attributes=True)

    px: float = Field(description="Distance between adjacent marks.")
    mm: float | None = Field(
        description="The same distance in mm, if numbers beside the marks or a depth give it."
    )
    confidence: float = Field(description="0 to 1, for the marks alone.")
    marks: int = Field(description="Length from the first to the last mark.")
    start: tuple[float, float] = Field(description="The first mark, (x, y) px of the frame.")
    end: tuple[float, float] = Field(description="The last one.")


class RegionDetails(BaseModel):
    """A part of the frame that shows one thing on one scale."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    kind: RegionKind
    top: int
    left: int
    height: int
    width: int
    row_mm: float | None = Field(description="Between the centres of two rows.")
    column_mm: float | None
    spacing_source: SpacingSource | None = Field(description="Source of the millimetres.")
    calibrated_at: datetime | None = Field(
        description="When somebody measured them by hand; null if nobody did."
    )
    proposed_scale: ProposedScale | None = Field(
        description="Not used for measuring until a person confirms it."
    )
    scale_confirmed: bool = Field(
        description="The millimetres are those of the printed scale, confirmed by a person."
    )
    units: dict[str, Any] | None = Field(
        description="Steps and units of rows and columns that are not lengths."
    )


class FrameDetails(BaseModel):
    """The de-identified picture."""

    id: UUID
    index: int = Field(description="From 0, in order of time.")
    time_ms: float | None = Field(description="Since the first frame; null for a still.")
    width: int
    height: int
    url: str = Field(description="Address of the current pixels; it changes when they do.")
    spacing_mm: Spacing | None = Field(
        description="Null if unknown or if it differs between regions."
    )
    regions: list[RegionDetails]
    attributes: dict[str, Any]


class May(BaseModel):
    """The caller's current permissions on the image."""

    edit: bool = Field(description="Draw, and save revisions.")
    submit: bool
    review: bool
    assign: bool
    adjudicate: bool = Field(description="Two or more readings wait to be decided between.")
    delete: bool
    redact: bool = Field(description="Black out for good, and sign off what looks like text.")


class ImageDetails(ImageSummary):
    """An image with one of its frames and what the caller may see of the work on that frame."""

    frame: FrameDetails
    text: TextDetails
    project_id: UUID
    label_set_id: UUID = Field(description="New drawings follow it; see `GET /label-sets`.")
    split: Split | None
    approved_revision: int | None
    reading: ReadingDetails | None = Field(description="The caller's own.")
    readings: list[ReadingDetails] = Field(description="The readings that the caller may see.")
    reviews: list[ReviewDetails] = Field(description="Newest first.")
    draft: DraftReference | None = Field(description="The caller's own.")
    people: list[PresentPerson] = Field(description="The others who have the image open.")
    may: May
    masks: list[MaskSummary] = Field(description="Revisions that the caller may see, newest first.")
