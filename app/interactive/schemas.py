"""Requests and answers while drawing as JSON; masks are runs, see :mod:`app.masks.runs`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.images.schemas import Box
from app.masks.runs import RUNS_LIMIT
from app.masks.schemas import NO_NUL, Run, Side

Runs = Annotated[list[Run], Field(max_length=RUNS_LIMIT)]
ModelName = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)]
Model = Annotated[ModelName | None, Field(description="As in `GET /models`; null: the default.")]
Offset = Annotated[int, Field(strict=True, ge=0, le=65_535)]


class Refine(BaseModel):
    """A lesion as it is now, and what somebody scribbled on it."""

    model_config = ConfigDict(extra="forbid")

    width: Side
    height: Side
    mask: Annotated[Runs, Field(description="One lesion: 1 inside, 0 outside.")]
    scribbles: Annotated[Runs, Field(description="0 unmarked, 1 lesion, 2 not lesion.")]
    model: Model = None


class DrawnBox(BaseModel):
    """A box that somebody drew, px of the frame."""

    model_config = ConfigDict(extra="forbid")

    top: Offset
    left: Offset
    height: Side
    width: Side


class FillBox(BaseModel):
    """A box around a lesion that is not outlined yet."""

    model_config = ConfigDict(extra="forbid")

    box: DrawnBox
    mask: Annotated[
        Runs | None, Field(description="Existing outlines; the answer does not overlap them.")
    ] = None
    model: Model = None


class DrawnPoint(BaseModel):
    """A pixel of the frame that somebody clicked."""

    model_config = ConfigDict(extra="forbid")

    row: Offset
    column: Offset


class OutlineAt(BaseModel):
    """A point inside a lesion that is not outlined yet."""

    model_config = ConfigDict(extra="forbid")

    point: DrawnPoint
    mask: Annotated[
        Runs | None, Field(description="Existing outlines; the answer does not overlap them.")
    ] = None
    model: Model = None


class Outline(BaseModel):
    """A lesion's mask. Nothing is stored."""

    runs: Annotated[list[int], Field(description="The lesion: 1 inside, 0 outside.")]
    box: Annotated[
        Box | None,
        Field(description="Where it differs from the lesion that was sent; null if nowhere."),
    ]
    timings_ms: dict[str, float]
