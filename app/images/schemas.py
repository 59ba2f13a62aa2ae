"""Images as JSON."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.pagination import Page
from app.images.tables import ImageState


class Sort(StrEnum):
    """Orders of the worklist."""

    NEWEST = "newest"
    OLDEST = "oldest"
    UNCERTAIN = "uncertain"


class LesionFilter(StrEnum):
    """How many lesions the newest mask shows."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"


class OwnerFilter(StrEnum):
    """Whose images; annotators see their own whatever they ask for."""

    ME = "me"
    ALL = "all"


class Person(BaseModel):
    """Who."""

    id: UUID
    name: str


class SubjectReference(BaseModel):
    """A patient under a pseudonym."""

    id: UUID
    code: str


class ModelName(BaseModel):
    """A network's name and version."""

    name: str
    version: str


class ImageSummary(BaseModel):
    """A row of the worklist."""

    id: UUID
    created_at: datetime
    state: ImageState
    owner: Person
    subject: SubjectReference | None
    width: int
    height: int
    format: str
    lesion_count: int | None
    uncertainty_score: float | None
    long_axis_mm: float | None = Field(description="Of the largest lesion; null without spacing.")
    model: ModelName | None
    thumbnail_url: str


class ImagePage(Page[ImageSummary]):
    """A page of the worklist; the total counts all that match the filters, up to a limit."""

    total: int
    total_is_capped: bool = Field(description="There are more than `total`.")


class Again(BaseModel):
    """Another run over a stored image."""

    model: str | None = Field(None, max_length=80)
