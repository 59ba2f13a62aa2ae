"""Suggestions as JSON."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.images.tables import MOST_FRAMES
from app.masks.schemas import Labels, Seconds
from app.masks.tables import SuggestionWay

Index = Annotated[int, Field(strict=True, ge=0, lt=MOST_FRAMES)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FrameSpan(_Input):
    """The frames to suggest lesions on; all frames by default."""

    first: Index = Field(0, description="Index of the first frame.")
    last: Index | None = Field(None, description="Of the last one, included; null: of the cine.")


class Decision(_Input):
    """The suggestions to accept or reject, by their frames."""

    first: Index
    last: Index = Field(description="Inclusive.")
    seconds: Seconds = Field(0.0, description="Time spent at these frames; each gets its share.")


class Undo(_Input):
    """The decision to undo."""

    decision: UUID = Field(description="The id that accepting or rejecting returned.")


class SuggestionDetails(BaseModel):
    """The suggestion for one frame."""

    way: SuggestionWay
    key_frames: list[int] = Field(description="Indices of the frames that it comes from.")
    parent_revision: int | None = Field(
        description=(
            "The newest revision, which a drawing of it would follow; null if there is none."
        )
    )
    labels: Labels


class SkippedFrame(BaseModel):
    """A frame on which nothing was done."""

    index: int
    reason: str


class Decided(BaseModel):
    """The frames whose suggestions were accepted, rejected or undone."""

    decision: UUID
    frames: list[int] = Field(description="Indices.")
    left: list[SkippedFrame] = []
