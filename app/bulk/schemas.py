"""Acts on many images as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.accounts.schemas import PersonName
from app.bulk.tables import BulkKind
from app.core.times import Time
from app.images.tables import ImageState
from app.reviews.queues import Queue
from app.reviews.schemas import NO_NUL, NewReadings
from app.worklist.schemas import LesionFilter, OwnerFilter, TextFilter

MOST = 5000
"""Most images of one act."""


def _unique(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("name each only once")
    return ids


Ids = Annotated[list[UUID], Field(max_length=MOST), AfterValidator(_unique)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Matching(_Input):
    """All images that the worklist shows for these filters, which are those of `GET /images`."""

    queue: Queue | None = None
    q: Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)] | None = None
    state: ImageState | None = None
    model: Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL)] | None = None
    lesions: LesionFilter | None = None
    text: TextFilter | None = None
    owner: OwnerFilter = OwnerFilter.ALL
    reader: UUID | None = None
    created_from: Time | None = None
    created_to: Time | None = None
    search: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] | None = Field(
        None, description="Like the header `Sonoloop-Search`, but not encoded."
    )


class NewBulkAct(_Input):
    """An act and its images: those named, or all that match except some."""

    act: BulkKind
    image_ids: Ids | None = None
    matching: Matching | None = None
    leave_out: Ids = Field([], description="Matching images to leave out.")
    assign: NewReadings | None = Field(None, description="Who reads them; for `assign` only.")

    @model_validator(mode="after")
    def _one_choice(self) -> "NewBulkAct":
        if (self.image_ids is None) == (self.matching is None):
            raise ValueError("give either `image_ids` or `matching`, and not both")
        if (self.act == BulkKind.ASSIGN) != (self.assign is not None):
            raise ValueError("`assign` says who reads; give it with the act “assign” alone")
        return self


class Skipped(BaseModel):
    """Images that were skipped, and why."""

    code: str = Field(
        description="Code of the problem that the same act on this image alone would have caused."
    )
    images: int


class BulkResult(BaseModel):
    """The result of an act on many images."""

    id: UUID
    act: BulkKind
    images: int = Field(description="Images that were changed.")
    skipped: list[Skipped]
    created_at: datetime
    undone_at: datetime | None
    kept_until: datetime | None = Field(
        description="For deleted images: when they are permanently erased."
    )


class BulkUndone(BaseModel):
    """The result of undoing an act."""

    images: int = Field(description="Images that were restored to their earlier state.")
    skipped: list[Skipped] = Field(description="Images that somebody has worked on since.")


class Deletion(BaseModel):
    """Images that were deleted together and can still be restored."""

    id: UUID = Field(description="Id of the act: `DELETE /bulk-acts/{id}` restores its images.")
    created_at: datetime
    created_by: PersonName
    images: int = Field(description="Images that remain.")
    bytes: int = Field(description="Bytes that erasing them would free.")
    kept_until: datetime = Field(description="When they are permanently erased.")


class BulkErased(BaseModel):
    """The number of images that were erased for good."""

    images: int
