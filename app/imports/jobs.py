"""Jobs that check and store archives of labels."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class ImportParameters(Parameters):
    """The import to check or to store, by its phase."""

    import_id: UUID


IMPORT = Kind(
    JobKind.IMPORT,
    BACKGROUND_QUEUE,
    ImportParameters,
    Outcome,
    again="send the archive once more",
    less="send it in smaller parts",
)
