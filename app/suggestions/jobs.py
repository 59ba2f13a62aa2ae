"""The job that makes suggestions."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class PropagateParameters(Parameters):
    """The frames that get suggestions, and the revisions that these come from.

    Attributes:
        first, last: indices of the frames, including the last one.
        keys: the revisions that the suggestions come from, by the frame's index.
    """

    first: int
    last: int
    keys: dict[int, UUID]


class Suggested(Outcome):
    """The number of frames that have a suggestion now."""

    frames: int = 0


PROPAGATE = Kind(
    JobKind.PROPAGATE,
    BACKGROUND_QUEUE,
    PropagateParameters,
    Suggested,
    again="ask for suggestions once more",
    less="ask for suggestions on fewer frames",
    stoppable=True,
)
"""Lesions follow the tissue; finished frames keep their suggestions if it is stopped."""
