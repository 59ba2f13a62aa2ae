"""Drift as JSON."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

Measure = Literal["distance", "uncertainty", "flagged", "corrected", "dice"]


class DriftFigure(BaseModel):
    """One measure of a week against the reference: the first images of the version."""

    measure: Measure = Field(
        description="`distance` from the training images in units of the limit, `uncertainty`, "
        "share `flagged` as unlike the training images, share `corrected`, and `dice` of outline "
        "and correction. Means over patients."
    )
    before: float | None
    after: float | None
    patients: int = Field(description="In the week, of whom the measure is known.")
    p: float | None = Field(description="Null where too few patients say nothing.")
    limit: float | None = Field(description="Below which it is an alarm, looks counted.")


class DriftAlarm(DriftFigure):
    """A measure that changed by more than chance explains."""

    images: list[UUID] = Field(description="That caused it, as far as they are still there.")


class DriftWeekDetails(BaseModel):
    """A week of a version in the project."""

    week: datetime = Field(description="Its Monday, UTC.")
    model: str
    images: int
    patients: int
    look: int = Field(description="0: too few images, so that nothing is said.")
    figures: list[DriftFigure]
    alarms: list[DriftAlarm]


class DriftReport(BaseModel):
    """Weeks, newest first."""

    fewest_patients: int
    items: list[DriftWeekDetails]
