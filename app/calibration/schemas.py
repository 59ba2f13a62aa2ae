"""Calibration as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Calibrate(BaseModel):
    """A known distance: its length in pixels of the picture and in millimetres."""

    model_config = ConfigDict(extra="forbid")

    px: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = Field(
        None,
        description="Length of the distance; null confirms the proposed scale, from mark to mark.",
    )
    mm: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
    region: Number | None = Field(
        None, description="Its number; null: all regions that have no scale from the file."
    )
    seen: Annotated[dict[Number, datetime | None], Field(max_length=1000)] = Field(
        {},
        description=(
            "`calibrated_at` of the regions that the caller saw, by number. If one differs by "
            "now, nothing is changed; a region that is not named is replaced unconditionally."
        ),
    )
    series: bool = Field(
        False, description="The same value for all images of the series with this size."
    )


class Calibrated(BaseModel):
    """The result of a calibration: images whose spacing it changed, and those that it skipped."""

    mm_per_px: float | None = Field(description="Null if it was withdrawn.")
    images: list[UUID]
    approved: int = Field(
        description="Images of the series left unchanged because they are approved."
    )
    other_scale: int = Field(
        description=(
            "Images of the series left unchanged because a different scale is printed in them."
        )
    )
