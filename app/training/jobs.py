"""Jobs that train."""

from uuid import UUID

from app.core.broker import TRAIN_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class TrainParameters(Parameters):
    """The run to train."""

    run_id: UUID


TRAIN = Kind(
    JobKind.TRAIN,
    TRAIN_QUEUE,
    TrainParameters,
    Outcome,
    again="start another run",
    less="train fewer epochs",
)
"""A candidate from a snapshot of the pool."""
