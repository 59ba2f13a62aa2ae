"""Drawings, revisions, drafts and presence as JSON."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.images.schemas import Box, ModelName, Person, Spacing
from app.label_sets.schemas import MOST_ATTRIBUTES, MOST_CLASSES
from app.masks.measures import (
    Lesion,
    LesionFigures,
    Presence,
    Provenance,
    Uncertainty,
)
from app.masks.runs import RUNS_LIMIT
from app.masks.tables import Assessment, MaskSource

MAX_SIDE = 65_535
WEEK_SECONDS = 7 * 24 * 3600
MOST_MEASUREMENTS = 100
NO_NUL = r"^[^\x00]*$"

Run = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Side = Annotated[int, Field(strict=True, ge=1, le=MAX_SIDE)]
RevisionNumber = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
LabelNumber = Annotated[
    str, StringConstraints(pattern=r"^([1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-4])$")
]
LesionNumber = Annotated[int, Field(strict=True, ge=1, le=254)]
LesionName = Annotated[str, StringConstraints(max_length=80, pattern=NO_NUL)]
AnswerReason = Annotated[
    str, StringConstraints(max_length=500, pattern=NO_NUL, strip_whitespace=True)
]
AttributeKey = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]
AttributeText = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
AttributeNumber = Annotated[float, Field(strict=True, ge=-1e12, le=1e12, allow_inf_nan=False)]
AttributeValue = AttributeText | AttributeNumber
Values = Field(max_length=MOST_ATTRIBUTES)
Seconds = Annotated[
    float,
    Field(
        ge=0,
        le=WEEK_SECONDS,
        allow_inf_nan=False,
        description=(
            "Time spent at the image so far, including looking; pauses over 30 s are left out."
        ),
    ),
]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


Runs = Annotated[
    list[Run],
    Field(
        min_length=2,
        max_length=RUNS_LIMIT,
        description="Row by row `label, length, label, length, …`; 0 is background, 1 to 254 "
        "are lesions; adjacent runs differ; the lengths add up to width × height.",
    ),
]


class Overlay(_Input):
    """The lesions of one class that may share pixels with those of others."""

    class_id: UUID
    runs: Runs


Coordinate = Annotated[float, Field(ge=-MAX_SIDE, le=2 * MAX_SIDE, allow_inf_nan=False)]
Place = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
DrawingNote = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]


class MeasurementKind(StrEnum):
    """The tool of a measurement."""

    RULER = "ruler"
    CALIPERS = "calipers"
    ELLIPSE = "ellipse"
    ANGLE = "angle"
    DEPTH = "depth"
    VOLUME = "volume"


LINES_OF = {
    MeasurementKind.RULER: 1,
    MeasurementKind.CALIPERS: 2,
    MeasurementKind.ELLIPSE: 2,
    MeasurementKind.ANGLE: 2,
    MeasurementKind.DEPTH: 1,
    MeasurementKind.VOLUME: 3,
}
"""Lines that each kind of measurement has."""


class MeasurementLines(_Input):
    """A measurement that a person made on the frame, as lines."""

    kind: MeasurementKind
    lines: Annotated[
        list[Annotated[list[Place], Field(min_length=2, max_length=2)]],
        Field(
            min_length=1,
            max_length=3,
            description="Start and end of each line, x and y in px of the frame: one of a ruler "
            "and of a depth, which begins at the first echo; of calipers and an ellipse the long "
            "axis, then the short one; of an angle both sides from its corner; of a volume three "
            "axes.",
        ),
    ]


class Measurement(MeasurementLines):
    """A measurement that a person made on the frame, with as many lines as its kind has."""

    @model_validator(mode="after")
    def _as_many_lines_as_the_kind_has(self) -> Self:
        wanted = LINES_OF[self.kind]
        if len(self.lines) != wanted:
            raise ValueError(f"a measurement of the kind {self.kind} has {wanted} lines")
        return self


class MeasurementDetails(MeasurementLines):
    """A measurement with its lengths."""

    length_px: list[float] = Field(description="Length of each line.")
    length_mm: list[float] | None = Field(
        description=(
            "Length of each line; null if the spacing is unknown or differs within the frame, "
            "and until a worker has measured the revision."
        )
    )
    area_mm2: float | None = Field(
        None, description="For an ellipse, π/4·a·b; null as for `length_mm`."
    )
    volume_mm3: float | None = Field(
        None, description="For a volume, a prolate ellipsoid: π/6·a·b·c; null as for `length_mm`."
    )
    angle_degrees: float | None = Field(
        None,
        description="For an angle: in the body if the spacing is known, else in the picture.",
    )


class Labels(_Input):
    """A drawing: which lesion each pixel of the frame belongs to, and what the lesions are.

    Each class whose lesions may overlap has its own layer; all other lesions share `runs`.
    A number stands for one lesion across all layers.
    """

    width: Side
    height: Side
    runs: Runs
    overlays: Annotated[list[Overlay], Field(max_length=MOST_CLASSES)] = Field(
        [], description="One layer for each class whose lesions overlap."
    )
    names: dict[LabelNumber, LesionName] = Field({}, description="Names of lesions by label.")
    classes: dict[LabelNumber, UUID] = Field(
        {}, description="Classes of lesions by label; default: the class “lesion”."
    )
    attributes: Annotated[
        dict[LabelNumber, Annotated[dict[AttributeKey, AttributeValue], Values]], Field()
    ] = Field({}, description="Attributes of lesions by label: values by the attribute's id.")
    image_attributes: Annotated[dict[AttributeKey, AttributeValue], Values] = Field(
        {}, description="Attributes of the image: values by the attribute's id."
    )
    measurements: Annotated[list[Measurement], Field(max_length=MOST_MEASUREMENTS)] = Field(
        [], description="Measurements made by hand, whatever the answer is."
    )
    note: DrawingNote = Field("", description="For whoever looks at it next; never exported.")
    kept: Annotated[list[LesionNumber], Field(max_length=254)] = Field(
        [],
        description="Labels of lesions that the model calls more likely none (`possible`) and that "
        "the author took as they are.",
    )


class NewMask(_Input):
    """A drawing to store as a revision."""

    parent_revision: RevisionNumber | None = Field(
        description="The revision that the drawing started from; null if there was none."
    )
    labels: Labels
    answer: Assessment
    answer_reason: AnswerReason | None = Field(
        None, description="Why it cannot be judged; kept with that answer only."
    )
    seconds: Seconds
    submit: bool = Field(False, description="Also hand it in for review.")


class Restored(_Input):
    """An old revision's pixels as a new one."""

    parent_revision: RevisionNumber = Field(description="The newest revision that you know of.")
    seconds: Seconds = 0.0


class NewDraft(_Input):
    """A drawing that is not finished."""

    version: Annotated[int, Field(strict=True, ge=0, le=2**31 - 2)] = Field(
        description="The version that this one follows; 0 if there was no draft."
    )
    parent_revision: RevisionNumber | None
    labels: Labels
    answer: Assessment | None = None
    answer_reason: AnswerReason | None = None
    seconds: Seconds
    force: bool = Field(False, description="Overwrite what another tab wrote in between.")


class DraftSaved(BaseModel):
    """The answer to an autosave."""

    version: int
    updated_at: datetime
    state_changed: bool = Field(description="The image is in correction by this.")


class DraftReference(BaseModel):
    """A reference to a draft."""

    version: int
    updated_at: datetime


class DraftDetails(DraftReference):
    """One's own unsaved drawing."""

    parent_revision: int | None
    labels: Labels
    answer: Assessment | None
    answer_reason: str | None
    seconds: float


class MaskFigures(BaseModel):
    """The measures of a mask; fields that default to null are set only for a model's masks."""

    width: int
    height: int
    spacing_mm: Spacing | None
    lesions: Sequence[LesionFigures]
    possible_lesions: Sequence[LesionFigures] = ()
    presence: Presence | None = None
    crop: Box | None = None
    uncertainty: Uncertainty | None = None
    out_of_domain: bool | None = None
    provenance: Provenance | None = None
    timings_ms: dict[str, float] | None = None


class MaskResult(MaskFigures):
    """Measures of a mask, with the outlines."""

    lesions: Sequence[Lesion]
    possible_lesions: Sequence[Lesion] = ()


class MaskSummary(BaseModel):
    """One revision in the history of an image, without outlines: they may be long."""

    id: UUID
    revision: int
    parent_revision: int | None
    source: MaskSource
    author: Person | None
    model: ModelName | None
    created_at: datetime
    answer: Assessment | None = Field(description="The author's answer; null on a model's mask.")
    answer_reason: str | None
    seconds: float | None = Field(
        description="Time spent at the image, including looking; pauses over 30 s are left out."
    )
    dice: float | None = Field(description="Against the model's mask; null until measured.")
    untouched: bool | None = Field(description="Equal to the model's mask; null until measured.")
    reading_id: UUID | None
    names: dict[str, str] = Field(description="Names of lesions by label.")
    classes: dict[str, UUID] = Field(
        {}, description="Classes of lesions by label; default: the class “lesion”."
    )
    measurements: list[MeasurementDetails] = Field([], description="Measurements made by hand.")
    note: str = Field("", description="The author's note for whoever looks at it next.")
    result: MaskFigures | None = Field(description="Null until a worker has measured it.")


class MaskDetails(MaskSummary):
    """One revision with the outlines of its lesions."""

    result: MaskResult | None = Field(description="Null until a worker has measured it.")


class PresenceUpdate(_Input):
    """Whether the caller looks at the image or changes it."""

    editing: bool = Field(description="There are unsaved changes.")


class PresentPerson(Person):
    """Somebody who has the image open."""

    frame_index: int = Field(description="The frame that they look at.")
    editing: bool
    since: datetime


class PresentPeople(BaseModel):
    """The others who have the image open."""

    people: list[PresentPerson]
