"""The training pool as JSON."""

from uuid import UUID

from pydantic import BaseModel, Field

from app.images.tables import ImageState, Split


class Bin(BaseModel):
    """One bar of a histogram: values from `low` to below `high`."""

    low: float
    high: float | None = Field(description="Null: no upper end.")
    count: int


class Sizes(BaseModel):
    """The sizes of lesions."""

    long_axis_mm: list[Bin]
    without_spacing: int = Field(description="Lesions whose size in mm is not known.")
    area_share: list[Bin] = Field(description="Area of a lesion by area of its frame.")


class Balance(BaseModel):
    """Pixels of the two classes over all measured approved masks."""

    lesion_px: int
    background_px: int
    lesion_share: float | None


class Count(BaseModel):
    """One value and how many approved masks have it."""

    name: str
    count: int


class ClassCount(BaseModel):
    """The pool's images and lesions of one class."""

    class_id: UUID
    name: str
    colour: str
    images: int
    lesions: int
    pixels: int


class Month(BaseModel):
    """Approvals of one month (UTC)."""

    month: str = Field(description="For example 2026-01.")
    count: int


class PoolDetails(BaseModel):
    """The training pool in numbers. Except in `by_state`, only approved masks are counted."""

    images: int
    without_subject: int = Field(
        description="Images of unknown patients; they are not assigned to any patient."
    )
    subjects: int = Field(description="Known patients.")
    lesions: int
    by_state: dict[ImageState, int] = Field(description="All images of the site.")
    by_split: dict[Split, int]
    subjects_by_split: dict[Split, int]
    by_source: list[Count]
    by_model: list[Count] = Field(
        description="By the model that drew the mask or that it started from."
    )
    by_answer: list[Count]
    by_format: list[Count]
    by_device: list[Count] = Field(description="Manufacturer and model of the scanner.")
    by_month: list[Month]
    by_class: list[ClassCount] = Field(
        description="For masks that are measured; most frequent first."
    )
    sizes: Sizes
    balance: Balance
    unmeasured: int = Field(description="Masks that a worker has not measured yet.")


class LabelSetUse(BaseModel):
    """Classes and attributes of a label set in the newest revision of every frame."""

    classes: dict[UUID, int] = Field(description="Lesions by class; those without are left out.")
    attributes: dict[UUID, int] = Field(description="Lesions and images by attribute.")
