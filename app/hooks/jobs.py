"""Jobs that notify other systems."""

from typing import Any
from uuid import UUID

from app.core.broker import SEGMENT_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class HookParameters(Parameters):
    """The receiver and the message of an event: ids and fixed words, nothing that identifies a
    patient.

    Attributes:
        tries: number of failed tries so far.
    """

    webhook_id: UUID
    message: dict[str, Any]
    tries: int = 0


HOOK = Kind(
    JobKind.HOOK,
    SEGMENT_QUEUE,
    HookParameters,
    Outcome,
    again="wait for the next event",
    less="answer sooner",
)
"""Send one event to one address."""
