"""Comments pinned to places of an image, as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.pins.tables import MAX_COMMENT
from app.reviews.schemas import NO_NUL

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_COMMENT, pattern=NO_NUL),
]
Offset = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPin(_Input):
    """A place of a frame, and a comment about it."""

    frame_index: int = Field(0, ge=0, le=2**31 - 1)
    x: Offset = Field(description="From the left edge of the frame, in px.")
    y: Offset = Field(description="From its top edge, in px.")
    text: Text


class NewComment(_Input):
    """A reply."""

    text: Text


class Resolution(_Input):
    """Whether a pin is resolved."""

    resolved: bool


class Author(BaseModel):
    """The author of a comment."""

    id: UUID
    name: str


class CommentDetails(BaseModel):
    """A comment at a pin."""

    id: UUID
    author: Author
    text: str
    created_at: datetime


class PinDetails(BaseModel):
    """A place with its comments, oldest first."""

    id: UUID
    frame_index: int
    x: float
    y: float
    author: Author
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: Author | None
    comments: list[CommentDetails]
    may_delete: bool = Field(
        description="It is the caller's and nobody else answered, or the caller is an admin."
    )


class Pins(BaseModel):
    """All pins of an image that the caller may see, oldest first."""

    items: list[PinDetails]
