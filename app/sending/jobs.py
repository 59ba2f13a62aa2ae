"""Jobs that send results."""

from uuid import UUID

from app.core.broker import SEGMENT_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class SendParameters(Parameters):
    """The destination of all results of the job's image that are approved and not delivered there.

    Attributes:
        tries: attempts that have failed so far.
    """

    destination_id: UUID
    tries: int = 0


SEND = Kind(
    JobKind.SEND,
    SEGMENT_QUEUE,
    SendParameters,
    Outcome,
    again="send the result once more",
    less="send fewer kinds of objects",
)
"""An image's approved masks as DICOM objects to a PACS."""
