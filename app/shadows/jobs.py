"""Jobs that run a shadow."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class ShadowParameters(Parameters):
    """The shadow to run."""

    shadow_id: UUID


SHADOW = Kind(
    JobKind.SHADOW,
    BACKGROUND_QUEUE,
    ShadowParameters,
    Outcome,
    again="wait: it is queued again by itself",
    less="wait: it is queued again by itself",
)
"""Frames that a shadow has not seen yet, and answers that can be compared now."""
