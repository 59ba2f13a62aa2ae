"""Text in pictures and black boxes as JSON."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.images.schemas import Person, TextArea
from app.jobs.schemas import JobSummary
from app.redaction.tables import Judgement

MOST_AREAS = 100
MOST_POINTS = 500

Offset = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Length = Annotated[int, Field(strict=True, ge=1, le=65_535)]
Coordinate = Annotated[float, Field(ge=0, le=65_535, allow_inf_nan=False)]


class Rectangle(BaseModel):
    """Whole pixels of the frame."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["rectangle"]
    top: Offset
    left: Offset
    height: Length
    width: Length


class Polygon(BaseModel):
    """Every pixel inside, and every pixel that the outline runs through."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["polygon"]
    points: Annotated[
        list[tuple[Coordinate, Coordinate]],
        Field(
            min_length=3,
            max_length=MOST_POINTS,
            description="x and y in px of the frame; pixel (0, 0) is the square from there to "
            "(1, 1).",
        ),
    ]


Area = Annotated[Rectangle | Polygon, Field(discriminator="kind")]


class NewRedaction(BaseModel):
    """Areas to black out for good."""

    model_config = ConfigDict(extra="forbid")

    areas: Annotated[list[Area], Field(min_length=1, max_length=MOST_AREAS)]


class RedactionDetails(BaseModel):
    """Areas that somebody had blacked out for good."""

    id: UUID
    areas: list[Area]
    author: Person
    created_at: datetime
    applied_at: datetime | None = Field(description="Null until the pixels are black.")


class SuspectedArea(TextArea):
    """An area that looks like text, with a person's judgement of it."""

    id: UUID
    score: float = Field(description="How sure it is that this is text, 0 to 1.")
    judgement: Judgement | None = Field(description="Null if nobody has judged it.")
    judged_by: Person | None
    judged_at: datetime | None


class NewJudgement(BaseModel):
    """A person's judgement of an area that looks like text; null undoes it."""

    model_config = ConfigDict(extra="forbid")

    judgement: Literal["kept"] | None


class NewTextSearch(BaseModel):
    """Look for text in the images that were stored without a search."""

    model_config = ConfigDict(extra="forbid")

    black_out: bool = Field(
        False,
        strict=True,
        description="Black out **for good** what surely is text. Without it, all that looks like "
        "text is marked for people to judge.",
    )


class TextSearchCounts(BaseModel):
    """Progress of a search."""

    total: int = Field(0, description="Images to be searched when it began.")
    searched: int = Field(0, description="Images searched so far.")
    marked: int = Field(0, description="Of these, images with an area for people to judge.")
    blacked_out: int = Field(0, description="Of these, images in which text was blacked out.")


class TextSearch(BaseModel):
    """The number of images never searched for text, and the last search."""

    unsearched: int = Field(description="An export leaves them out, or refuses.")
    job: JobSummary | None = Field(description="Null if there was none.")
    black_out: bool
    counts: TextSearchCounts


class TextDetails(BaseModel):
    """Text in the picture: what de-identification found, and what people decided."""

    blanked: list[TextArea] | None = Field(
        description="Blacked out before the picture was stored; null if unknown."
    )
    suspected: list[SuspectedArea] | None = Field(
        description="Looks like text and was kept; null if nobody has looked for it."
    )
    redactions: list[RedactionDetails] = Field(description="Newest first.")
