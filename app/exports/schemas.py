"""Exports as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.problems import ProblemDetails
from app.core.times import Time
from app.exports.tables import ExportFormat
from app.images.schemas import Person
from app.images.tables import ImageState, Split
from app.jobs.tables import JobState

POOL = (ImageState.APPROVED,)


def _with_masks(states: list[ImageState]) -> list[ImageState]:
    if ImageState.UNLABELLED in states:
        raise ValueError("unlabelled images have no mask")
    return sorted(set(states))


class ExportFilters(BaseModel):
    """Filters of the masks. An omitted one does not filter; without any, the whole pool matches."""

    model_config = ConfigDict(extra="forbid")

    approved_from: Time | None = None
    approved_to: Time | None = Field(None, description="Exclusive.")
    model: str | None = Field(
        None,
        min_length=1,
        max_length=121,
        description="`NAME` or `NAME@VERSION` of the model whose mask it is or started from.",
    )
    annotator_id: UUID | None = Field(None, description="Who drew the mask.")
    states: Annotated[list[ImageState], AfterValidator(_with_masks)] = Field(
        default=list(POOL),
        min_length=1,
        max_length=6,
        description="States other than `approved` give the newest mask, which nobody has signed.",
    )
    splits: list[Split] = Field(default=list(Split), min_length=1, max_length=3)


class SuspectedTextRule(StrEnum):
    """The rule for images that may show text: an area looks like text, or was never searched."""

    LEAVE_OUT = "leave-out"
    INCLUDE = "include"
    """Whoever orders the export is responsible; the audit log and the manifest record it."""


class ExportOrder(BaseModel):
    """An order for an export: its format, and the masks that it holds."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat
    filters: ExportFilters = Field(default_factory=ExportFilters)
    lesion_names: bool = Field(
        True,
        strict=True,
        description=(
            "Whether to include the names that people gave to lesions. They are free text; the "
            "preview lists them."
        ),
    )
    suspected_text: SuspectedTextRule = Field(
        SuspectedTextRule.LEAVE_OUT,
        description=(
            "Images with an area that looks like text and that nobody has judged, or in which "
            "nobody has looked for text. A site may refuse to include them."
        ),
    )


class ExportCounts(BaseModel):
    """Numbers of images in an export and of images left out."""

    images: int
    without_subject: int = Field(0, description="Images of unknown patients.")
    subjects: int = Field(description="Known patients.")
    by_split: dict[Split, int]
    by_source: dict[str, int]
    by_answer: dict[str, int]
    cannot_judge: int = Field(description="Left out: the reader could not judge them.")
    duplicates: int = Field(description="Left out: the same pixels, approved twice.")
    suspected_text: int = Field(
        0, description="Left out: an area looks like text and nobody has judged it."
    )
    suspected_text_included: int = Field(
        0, description="Such images that are included because the order asked for them."
    )
    text_unknown: int = Field(
        0,
        description=(
            "Images never searched for text: an earlier version stored them without "
            "searching. An export that leaves out what looks like text is refused while there "
            "are any; one that includes it includes them as well."
        ),
    )


class ExportPreview(BaseModel):
    """The content of an export if it were ordered now."""

    counts: ExportCounts
    may_include_suspected_text: bool = Field(description="Whether this site allows it.")
    lesion_names: list[str] = Field(
        description=(
            "Names of lesions that would be included, at most 200; look for names of people."
        )
    )


class ExportLinks(BaseModel):
    """Addresses."""

    self: str
    job: str
    archive: str | None = Field(description="Available once the export is done.")


class ExportDetails(BaseModel):
    """One export."""

    id: UUID
    format: ExportFormat
    filters: ExportFilters
    lesion_names: bool
    licence: str
    state: JobState
    stage: str | None
    progress: float
    position: int | None = Field(description="Jobs ahead of it while it waits.")
    problem: ProblemDetails | None
    counts: ExportCounts
    left_out: int = Field(description="Images that were deleted before they could be written.")
    size_bytes: int | None
    sha256: str | None
    created_at: datetime
    created_by: Person
    finished_at: datetime | None
    expired_at: datetime | None = Field(
        description="When a picture in it was blacked out; the archive was deleted at that time."
    )
    links: ExportLinks
