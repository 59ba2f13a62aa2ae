"""Shadows as JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.deployments.schemas import Reason
from app.images.schemas import Person

Two = tuple[float | None, float | None]
"""The figure of the version that served, and that of the shadow."""


class NewShadow(BaseModel):
    """A version to run beside the one that serves."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=120, description="`NAME@VERSION`, evaluated in this project.")
    reason: Reason


class ShadowDifference(BaseModel):
    """Shadow minus serving version; the interval is by patients drawn with replacement."""

    mean: float
    low: float
    high: float


class ShadowAgreement(BaseModel):
    """Both versions against the approved masks. Pairs are the serving version, then the shadow."""

    images: int
    patients: int
    lesion: int = Field(description="Images with a lesion.")
    lesion_free: int
    dice: Two = Field(description="Mean over images with a lesion.")
    iou: Two
    missed: Two = Field(description="Share of images with a lesion in which nothing is outlined.")
    outlined: Two = Field(
        description="Share of images without a lesion in which something is outlined."
    )
    difference: ShadowDifference | None = Field(
        description="In Dice, on images with a lesion; null with fewer than ten patients."
    )


class ShadowWeek(BaseModel):
    """Mean Dice of the images with a lesion that were approved in a week."""

    start: datetime
    images: int
    dice: Two


class ShadowImage(BaseModel):
    """An image where the two differ most."""

    image_id: UUID
    frame_index: int
    dice: tuple[float, float]


class ShadowFigures(BaseModel):
    """The figures of a shadow so far."""

    answers: int = Field(description="Frames that the shadow has answered.")
    compared: int = Field(description="Frames of these approved since.")
    faults: int = Field(description="Frames for which it gave no answer.")
    flagged: Two = Field(description="Share of frames flagged as unlike the training images.")
    milliseconds: Two = Field(description="Median.")
    all: ShadowAgreement
    blind: ShadowAgreement = Field(
        description="Of images whose readers saw no outline: those do not favour what served."
    )
    weeks: list[ShadowWeek]
    points: list[tuple[float, float]] = Field(
        description="Dice of what served and of the shadow, an image with a lesion each; at most "
        "1,000, the newest."
    )
    furthest: list[ShadowImage]


class ShadowDetails(BaseModel):
    """A period in which a version runs, or ran, beside the one that serves."""

    id: UUID
    model: str
    reason: str
    created_at: datetime
    created_by: Person
    ended_at: datetime | None = Field(description="Null while it runs.")
    ended_by: Person | None
    end_reason: str | None
    waiting: int = Field(description="Frames that it has not seen yet; at most 1,000 are counted.")
    figures: ShadowFigures | None = Field(description="Null before its first answer.")


class ShadowList(BaseModel):
    """Shadows of a project, newest first."""

    items: list[ShadowDetails]
