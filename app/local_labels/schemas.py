"""Local labels as JSON."""

from pydantic import BaseModel, Field


class LocalName(BaseModel):
    """The local label of an image; for those who may see the image, and in no export."""

    name: str | None = Field(description="Name of its file.")
    case: str | None
