"""Images as JSON."""

from uuid import UUID

from pydantic import BaseModel, Field


class Person(BaseModel):
    """A person."""

    id: UUID
    name: str


class SubjectReference(BaseModel):
    """A patient under a pseudonym."""

    id: UUID
    code: str


class ModelName(BaseModel):
    """A network's name and version."""

    name: str
    version: str


class Box(BaseModel):
    """A rectangle in pixels of the frame."""

    top: int
    left: int
    height: int
    width: int


class TextArea(Box):
    """An area that holds, or seems to hold, a scanner's writing; never the text itself."""

    kind: str = Field(description="text, banner, logo, bar, thumbnail or other.")


class Spacing(BaseModel):
    """Distance between pixel centres in mm, along a column (``row``) and along a row."""

    row: float
    column: float


def model_of(name: str | None, version: str | None) -> ModelName | None:
    """Return a model's name and version, if both are known."""
    return ModelName(name=name, version=version) if name and version else None
