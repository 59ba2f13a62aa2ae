"""Readings, reviews, agreement, queues and effort as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.accounts.tables import Role
from app.core.times import Time
from app.images.schemas import Person
from app.images.tables import MOST_FRAMES
from app.reviews.jobs import ConsensusMethod
from app.reviews.tables import ReadingState, Verdict

RevisionNumber = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
NO_NUL = r"^[^\x00]*$"
Comment = Annotated[
    str, StringConstraints(max_length=2000, pattern=NO_NUL, strip_whitespace=True, min_length=1)
]


def _unique(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("name each only once")
    return ids


Readers = Annotated[list[UUID], Field(min_length=1, max_length=10), AfterValidator(_unique)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReadingDetails(BaseModel):
    """One person's reading of one image."""

    id: UUID
    image_id: UUID
    reader: Person
    assigned_by: Person | None = Field(
        description="Null if the reader began without being assigned."
    )
    blind: bool
    state: ReadingState
    due_at: datetime | None
    created_at: datetime
    submitted_at: datetime | None
    submitted_revision: int | None


class ReviewDetails(BaseModel):
    """A reviewer's decision."""

    id: UUID
    revision: int
    frame_index: int = Field(description="Whose revision it is.")
    reviewer: Person
    verdict: Verdict
    comment: str | None
    created_at: datetime


class Submission(_Input):
    """The revision that a reader hands in."""

    revision: RevisionNumber


class FrameRevision(_Input):
    """A revision of one frame of a cine."""

    frame_index: Annotated[int, Field(strict=True, ge=0, lt=MOST_FRAMES)]
    revision: RevisionNumber


class NewReview(_Input):
    """A reviewer's decision on a revision that was handed in."""

    revision: RevisionNumber
    verdict: Verdict
    comment: Comment | None = Field(None, description="For the reader; required to return it.")
    further: Annotated[list[FrameRevision], Field(max_length=MOST_FRAMES)] | None = Field(
        None,
        description="Of a cine, revisions of further frames to approve with this one, of whichever "
        "reader or a consensus; frames that are not named are not approved. Null: all frames that "
        "were handed in with this revision.",
    )

    @model_validator(mode="after")
    def _say_why(self) -> "NewReview":
        if self.verdict == Verdict.RETURNED and self.comment is None:
            raise ValueError("say in a comment what should be changed")
        return self

    @model_validator(mode="after")
    def _each_frame_once(self) -> "NewReview":
        frames = [one.frame_index for one in self.further or ()]
        if len(set(frames)) != len(frames):
            raise ValueError("name each frame only once")
        if self.further is not None and self.verdict == Verdict.RETURNED:
            raise ValueError("a reading is returned as a whole; leave the further frames out")
        return self


class SubmittedRevision(BaseModel):
    """The revision that one reader handed in for a frame."""

    reading_id: UUID
    revision: int


class SubmittedFrame(BaseModel):
    """A frame that at least one reader has handed in."""

    index: int
    time_ms: float | None = Field(description="Since the first frame; null of a still.")
    revisions: list[SubmittedRevision] = Field(
        description="One for each reader who drew on the frame, in the order of the readings."
    )
    consensus: int | None = Field(description="The newest consensus of the frame.")
    dice: float | None = Field(
        description="Between the blind readings; null if they were not compared on this frame."
    )


class SubmittedFrameList(BaseModel):
    """The frames that were handed in, in the order of time."""

    items: list[SubmittedFrame]


class NewReadings(_Input):
    """The readers of an image."""

    reader_ids: Readers
    blind: bool = Field(False, description="Hide the readers' masks from each other.")
    due_at: Time | None = None


class ManyReadings(NewReadings):
    """The readers of several images: each of them reads all of these."""

    image_ids: Annotated[list[UUID], Field(min_length=1, max_length=200), AfterValidator(_unique)]


class Distribute(_Input):
    """Assign images that need a reader to the least busy annotators."""

    due_at: Time | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(
        200, description="At most this many images, most urgent first."
    )


class Distribution(BaseModel):
    """Numbers of images and readings that were assigned."""

    images: int
    readings: int


class ReaderLoad(Person):
    """Somebody who can be assigned images."""

    role: Role
    open: int = Field(description="Readings that they have not handed in.")


class ReaderList(BaseModel):
    """Everybody who can be assigned images, by name."""

    items: list[ReaderLoad]


class QueueCounts(BaseModel):
    """Counts of images that wait for the caller; queues that they may not see count 0."""

    to_correct: int = Field(description="Open readings, and own images that nobody reads.")
    returned: int
    submitted_by_me: int = Field(description="Handed in and not reviewed.")
    to_review: int = Field(description="Handed in by others.")
    to_adjudicate: int = Field(description="Double readings of which both are in.")
    overdue: int
    drafts: int
    unassigned: int = Field(description="Images with too few readers.")
    archived: int = Field(description="Put aside, of all owners.")


class AgreeingReading(BaseModel):
    """One of two blind readings that were compared."""

    reading: ReadingDetails | None = Field(description="Null if its revision was removed.")
    revision: int


class ClassAgreement(BaseModel):
    """Agreement of two readings on the pixels of one class."""

    class_id: UUID
    name: str
    dice: float
    iou: float


class ClassAgreementTotals(BaseModel):
    """Agreement on one class, over the pairs in which either reader drew it."""

    class_id: UUID
    name: str
    pairs: int
    dice_mean: float
    iou_mean: float


class AgreementDetails(BaseModel):
    """Agreement of two blind readings, as they were first handed in."""

    first: AgreeingReading
    second: AgreeingReading
    dice: float = Field(description="1 if both are empty.")
    iou: float = Field(description="1 if both are empty.")
    hd95_px: float | None = Field(description="Null if either is empty.")
    by_class: list[ClassAgreement] = Field(description="For each class that either reader drew.")
    presence: tuple[bool, bool] = Field(description="Whether each sees a lesion.")
    measured_at: datetime


class PairAgreement(BaseModel):
    """Agreement over all images that the same two people read."""

    readers: tuple[Person, Person]
    pairs: int
    dice_mean: float
    iou_mean: float
    presence_kappa: float | None


class AgreementTotals(BaseModel):
    """Agreement of all blind pairs of a period."""

    pairs: int
    dice_mean: float | None
    iou_mean: float | None
    presence_kappa: float | None = Field(
        description="Cohen's κ on whether there is a lesion, over the pairs in which both could "
        "judge; null where chance alone would agree always."
    )
    by_pair_of_readers: list[PairAgreement]
    by_class: list[ClassAgreementTotals] = Field(
        description="Pairs that were measured before there were classes are not in it."
    )


class NewConsensus(_Input):
    """Revisions to combine into one."""

    method: ConsensusMethod
    revisions: Annotated[list[RevisionNumber], Field(min_length=2, max_length=16)]

    @model_validator(mode="after")
    def _each_once(self) -> "NewConsensus":
        if len(set(self.revisions)) != len(self.revisions):
            raise ValueError("name each revision only once")
        return self


class Bucket(StrEnum):
    """Periods that effort is summed over, in UTC; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class EffortFigures(BaseModel):
    """Effort of corrections, over readings that were handed in."""

    images: int
    seconds_median: float | None = Field(description="Active editing per reading.")
    seconds_mean: float | None
    dice_mean: float | None = Field(
        description="Between the model's mask and what was handed in; null until measured."
    )
    untouched_share: float | None = Field(description="Handed in exactly as the model drew them.")


class EffortBucket(EffortFigures):
    """Effort of a day, a week or a month."""

    start: datetime


class EffortByModel(EffortFigures):
    """Effort on the masks of one model."""

    model: str
    version: str


class EffortByPerson(EffortFigures):
    """Effort of one person."""

    person: Person


class EffortReport(BaseModel):
    """Whether the model saves work."""

    buckets: list[EffortBucket]
    by_model: list[EffortByModel]
    by_person: list[EffortByPerson] = Field(description="Empty unless an admin asks.")
