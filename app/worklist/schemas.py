"""The worklist as JSON."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.pagination import Page
from app.images.schemas import ModelName, Person, SubjectReference
from app.images.tables import ImageState
from app.local_labels.schemas import LocalName
from app.reviews.tables import ReadingState


class Sort(StrEnum):
    """Orders of the worklist."""

    PRIORITY = "priority"
    """Most uncertain first, then most disagreed upon, then oldest."""
    NEWEST = "newest"
    OLDEST = "oldest"
    UNCERTAIN = "uncertain"
    """Images without a score are left out."""
    DUE = "due"
    """Earliest due date first; images without one are left out."""


class LesionFilter(StrEnum):
    """Number of lesions in the newest mask."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"


class OwnerFilter(StrEnum):
    """The caller's own uploads, or all images that the caller may see."""

    ME = "me"
    ALL = "all"


class TextFilter(StrEnum):
    """A filter by text in the picture."""

    SUSPECTED = "suspected"
    """An area looks like text, and nobody has judged it."""
    UNKNOWN = "unknown"
    """Never searched: stored by a version that did not search."""


class ReaderState(Person):
    """Somebody who reads an image."""

    state: ReadingState


class ImageSummary(BaseModel):
    """A row of the worklist."""

    id: UUID
    created_at: datetime
    state: ImageState
    owner: Person
    subject: SubjectReference | None = Field(description="Null: the patient is not known.")
    local: LocalName | None
    width: int
    height: int
    format: str
    frame_count: int = Field(description="1 for a still.")
    frames_per_second: float | None = Field(
        description="Rate of a cine; null for a still or if the file does not give it."
    )
    lesion_count: int | None
    possible_count: int | None = Field(
        description=(
            "How many of these the model considers more likely not to be lesions and nobody has "
            "kept."
        )
    )
    uncertainty_score: float | None
    long_axis_mm: float | None = Field(
        description="Of the largest lesion; null if the spacing is unknown."
    )
    model: ModelName | None
    thumbnail_url: str
    outline_url: str | None = Field(
        description="SVG to lay over the thumbnail; null if no lesion is known."
    )
    state_changed_at: datetime
    archived_at: datetime | None = Field(description="Null: it is in the lists and queues.")
    disagreement: float | None = Field(
        description="1 minus the Dice of two blind readings; null if there are not two."
    )
    double_reading: bool = Field(description="Two people read it, blind to each other.")
    readers: list[ReaderState] = Field(description="Readers that the caller may know of.")
    due_at: datetime | None = Field(description="When the caller's reading is due.")
    has_draft: bool = Field(description="The caller has an unsaved drawing.")
    model_hidden: bool = Field(
        description="The image's project keeps what a model found from the caller until they have "
        "submitted: no revision, figure or outline of a model is shown."
    )
    suspected_text: int | None = Field(
        description=(
            "Areas that look like text and that nobody has judged; null if nobody has looked."
        )
    )
    editing: list[str] = Field(description="Names of others who are changing it now.")


class ImagePage(Page[ImageSummary]):
    """A page of the worklist; the total counts all images that match, up to a limit."""

    total: int
    total_is_capped: bool = Field(description="There are more than `total`.")
    by_uncertainty: bool = Field(
        description=(
            "The caller may sort by the model's uncertainty. In a project whose readers begin "
            "without the model, annotators may not, nor may reviewers with a reading that "
            "they have not submitted: for them `priority` is `oldest`."
        )
    )
