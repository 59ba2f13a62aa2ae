"""Jobs that import bundles."""

from app.core.broker import BACKGROUND_QUEUE
from app.deployments.jobs import ModelOutcome
from app.jobs.kinds import Kind, Parameters
from app.jobs.tables import JobKind


class BundleParameters(Parameters):
    """The bundle is stored as the job's upload.

    Attributes:
        name: the name that its model gets here; null keeps its own.
    """

    name: str | None = None


BUNDLE = Kind(
    JobKind.BUNDLE,
    BACKGROUND_QUEUE,
    BundleParameters,
    ModelOutcome,
    again="send the bundle once more",
    less="have a smaller one sent",
)
"""A bundle of another site: a model becomes a candidate, a pool continues as an import."""
