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
    patients: int = Field(description="Patients of the week for whom the measure is known.")
    p: float | None = Field(description="Null if there are too few patients for a test.")
    limit: float | None = Field(
        description="`p` below it raises an alarm; adjusted for the number of looks."
    )


class DriftAlarm(DriftFigure):
    """A measure that changed by more than chance explains."""

    images: list[UUID] = Field(description="Images that caused it, if they still exist.")


class DriftWeekDetails(BaseModel):
    """A week of a version in the project."""

    week: datetime = Field(description="Monday of the week, UTC.")
    model: str
    images: int
    patients: int
    look: int = Field(description="0: too few patients for a verdict.")
    figures: list[DriftFigure]
    alarms: list[DriftAlarm]


class DriftReport(BaseModel):
    """Weeks, newest first."""

    fewest_patients: int
    items: list[DriftWeekDetails]
