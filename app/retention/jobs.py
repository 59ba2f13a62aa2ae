"""Jobs that apply retention rules."""

from uuid import UUID

from pydantic import Field

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class RetentionParameters(Parameters):
    """One run of a project's rules, and how far it has come.

    Attributes:
        act_id: id of the deletion, by which its images can be brought back.
        counts: numbers of things put aside or deleted so far, by the kind of the rule.
    """

    act_id: UUID
    counts: dict[str, int] = Field(default_factory=dict)


class RetentionOutcome(Outcome):
    """The numbers of things that a run archived or deleted, by the kind of the rule."""

    counts: dict[str, int] = Field(default_factory=dict)


RETENTION = Kind(
    JobKind.RETENTION,
    BACKGROUND_QUEUE,
    RetentionParameters,
    RetentionOutcome,
    again="wait: the rules are applied every day",
    less="wait: the next run resumes where this one stopped",
    stoppable=True,
)
"""Archiving and deleting under a project's retention rules."""
