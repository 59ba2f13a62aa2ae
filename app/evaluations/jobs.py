"""Jobs that run evaluations."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class EvaluateParameters(Parameters):
    """The evaluation to run."""

    evaluation_id: UUID


EVALUATE = Kind(
    JobKind.EVALUATE,
    BACKGROUND_QUEUE,
    EvaluateParameters,
    Outcome,
    again="start another evaluation; what was measured is not measured again",
    less="name smaller reference sets",
)
"""Compare a version with the one that serves, on the same images."""
