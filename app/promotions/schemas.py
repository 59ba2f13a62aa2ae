"""Evaluations, the gate and requests to pass it as JSON."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.schemas import NAME_PATTERN
from app.core.problems import ProblemDetails
from app.deployments.schemas import Reason
from app.images.schemas import Person
from app.jobs.tables import JobState

Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=NAME_PATTERN, strip_whitespace=True),
]
Standing = Literal["pass", "reason", "unjudged", "fail"]
GateCode = Literal["judged", "nothing-serves", "serves-already", "not-evaluated", "outdated"]


class NewReferenceSet(BaseModel):
    """The pool of a project, frozen under a name."""

    model_config = ConfigDict(extra="forbid")

    project_id: UUID
    name: Name


class ReferenceSet(BaseModel):
    """Images of a project on which a version must not be worse than the one that serves."""

    id: UUID
    name: str
    project: str
    digest: str = Field(description="SHA-256 over masks and patients.")
    images: int
    patients: int
    lesion_free: int
    created_at: datetime


class ReferenceSetList(BaseModel):
    """Reference sets in use now."""

    items: list[ReferenceSet]


class NewEvaluation(BaseModel):
    """A version to compare with the one that serves the project."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=120, description="`NAME@VERSION`.")


class GateCheck(BaseModel):
    """A row of the gate. Differences are new minus old."""

    key: str
    standing: Standing
    text: str
    group: str | None = Field(None, description="The reference set, or the subgroup.")
    value: float | None = None
    low: float | None = Field(None, description="Lower end of the 95 % interval.")
    high: float | None = None
    limit: float | None = None
    before: float | None = None
    after: float | None = None
    images: int = 0
    patients: int = 0


class SetFigures(BaseModel):
    """Old against new on one frozen set, `[old, new]` each; null if there is no such image."""

    set: str
    images: int
    patients: int
    lesion: int
    lesion_free: int
    iou: list[float | None]
    missed: list[float | None]
    outlined: list[float | None]


class WorstImage(BaseModel):
    """An image on which the new version lost."""

    set_id: UUID
    mask_id: UUID
    image_id: UUID
    frame_index: int
    before: float
    after: float
    missed: bool
    false_outline: bool


class ClassFigures(BaseModel):
    """Accuracy of a version in distinguishing classes, pooled over the pixels of a set."""

    iou: dict[str, float] = Field(description="By class, of those that either shows.")
    background_iou: float
    mean_iou: float = Field(description="mIoU: over background and these classes.")
    pixel_accuracy: float


class SetClassFigures(BaseModel):
    """The same for both versions, on a set whose labels name classes."""

    set: str
    before: ClassFigures | None = Field(description="Null if it does not distinguish classes.")
    after: ClassFigures | None


class GateVerdict(BaseModel):
    """The verdict of an evaluation: the gate's checks, and the figures behind them."""

    standing: Standing
    checks: list[GateCheck]
    figures: list[SetFigures]
    classes: list[SetClassFigures] = Field(
        [], description="Sets whose labels name classes; no check of the gate asks for them."
    )
    worst: list[WorstImage]
    skipped: int = Field(description="Images that were deleted since the sets were frozen.")


class EvaluationSummary(BaseModel):
    """A version compared with the one that serves."""

    id: UUID
    model: str
    serving: str = Field(description="The version that served at the time of the request.")
    state: JobState
    stage: str | None
    progress: float
    created_at: datetime
    created_by: Person
    look: int = Field(description="Which look at the project's test part this is, from 1.")
    images: int = Field(description="Images in all sets.")
    standing: Standing | None = Field(
        description="The gate's verdict, once the evaluation is done."
    )
    current: bool = Field(description="The version it was compared with still serves the project.")
    problem: ProblemDetails | None


class EvaluationDetails(EvaluationSummary):
    """An evaluation with its verdict."""

    verdict: GateVerdict | None


class EvaluationList(BaseModel):
    """Evaluations of a project, newest first."""

    items: list[EvaluationSummary]


class NewDeployment(BaseModel):
    """A version to serve from now on."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=120, description="`NAME@VERSION`.")
    reason: Reason
    everywhere: bool = Field(
        default=False,
        description="All projects that have no deployment of their own; site admins only.",
    )
    without_gain: bool = Field(
        default=False,
        description="No gain is shown, and the reason is one to do without.",
    )


class GateState(BaseModel):
    """The gate's current verdict on a version, and how many other admins could confirm it."""

    standing: Standing = Field(
        description="`pass`; `reason`: no gain is shown, and the reason must be one to do without; "
        "`unjudged` or `fail`: a second admin has to confirm."
    )
    code: GateCode = Field(
        description=(
            "`judged`: by that evaluation. Otherwise why it was not judged: nothing serves, "
            "it serves already, it was not evaluated against what serves, or a reference set "
            "was named since."
        )
    )
    text: str = Field(description="The reasons in English.")
    evaluation_id: UUID | None
    others: int = Field(description="Other admins who could confirm.")


class NewPromotionRequest(BaseModel):
    """A version to serve although the gate keeps it out."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=120, description="`NAME@VERSION`.")
    reason: Reason
    everywhere: bool = False


class PromotionRequestDetails(BaseModel):
    """A request that another admin confirms or refuses."""

    id: UUID
    model: str
    serving: str = Field(description="The version that served at the time of the request.")
    everywhere: bool
    evaluation_id: UUID | None
    gate: str = Field(description="The gate's verdict.")
    reason: str
    created_at: datetime
    created_by: Person
    confirmed: bool | None = Field(description="Null if nobody has decided.")
    decided_at: datetime | None
    decided_by: Person | None
    may_confirm: bool
    others: int = Field(description="Admins other than the requester who could confirm.")


class PromotionRequestList(BaseModel):
    """Requests of a project, newest first."""

    items: list[PromotionRequestDetails]
