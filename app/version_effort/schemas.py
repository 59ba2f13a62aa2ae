"""Effort by version as JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class VersionEffort(BaseModel):
    """Readings that started from one version's outlines, or saw them. Figures are null if there are
    too few readings."""

    model: str = Field(description="`NAME@VERSION`.")
    serving: bool
    first_at: datetime = Field(description="When the first reading was handed in.")
    last_at: datetime
    readings: int
    patients: int
    seconds_median: float | None = Field(description="Active time at the image.")
    corrected_share: float | None = Field(
        description="Share handed in with changes to what the version drew."
    )
    corrected_dice: float | None = Field(
        description="Mean Dice of the outline and what was handed in, of those corrected."
    )


class EffortInterval(BaseModel):
    """The version in use minus the one before: mean, and 95 % interval over patients."""

    mean: float
    low: float
    high: float


class EffortDifference(BaseModel):
    """Whether a promotion saved minutes."""

    model: str
    before: str
    seconds: EffortInterval | None = Field(description="Per image; null if there are too few.")
    corrected: EffortInterval | None = Field(
        description="In shares of images; null if there are too few."
    )


class VersionEffortReport(BaseModel):
    """Effort by version, newest first."""

    fewest_readings: int = Field(description="With fewer, no figures are given for a version.")
    fewest_patients: int
    items: list[VersionEffort]
    difference: EffortDifference | None = Field(
        description="Null before a second version has served on real work."
    )


class CorrectedImage(BaseModel):
    """An image whose outline was changed, and the revisions before and after."""

    image_id: UUID
    frame_index: int
    dice: float = Field(description="Dice of the version's outline and the approved one.")
    predicted: int = Field(description="The version's revision.")
    handed_in: int = Field(description="The revision that its reader handed in.")


class MostCorrected(BaseModel):
    """The images whose outlines by a version were corrected most, most corrected first."""

    items: list[CorrectedImage]
