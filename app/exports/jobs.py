"""Jobs that write archives."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class ExportParameters(Parameters):
    """The export to write."""

    export_id: UUID


EXPORT = Kind(
    JobKind.EXPORT,
    BACKGROUND_QUEUE,
    ExportParameters,
    Outcome,
    again="export once more",
    less="export fewer images",
)
