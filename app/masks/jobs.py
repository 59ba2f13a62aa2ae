"""Jobs that measure what a person drew."""

from uuid import UUID

from app.core.broker import SEGMENT_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class MeasureParameters(Parameters):
    """The revision to measure."""

    mask_id: UUID


MEASURE = Kind(
    JobKind.MEASURE,
    SEGMENT_QUEUE,
    MeasureParameters,
    Outcome,
    again="save the revision once more",
    less="draw fewer lesions in one revision",
)
"""Lesions, overlay and effort of a person's revision."""
