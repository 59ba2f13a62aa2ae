"""Jobs that bring models in, verify them anew, and let them answer again."""

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind
from app.model_versions.tables import Standing


class ModelImportParameters(Parameters):
    """The archive lies where the job's upload does."""


class ModelVerifyParameters(Parameters):
    """The version to verify anew."""

    name: str
    version: str


class ModelOutcome(Outcome):
    """The result of importing or verifying a version."""

    name: str
    version: str
    digest: str
    standing: Standing
    reason: str | None = None


MODEL_IMPORT = Kind(
    JobKind.MODEL_IMPORT,
    BACKGROUND_QUEUE,
    ModelImportParameters,
    ModelOutcome,
    again="send the archive once more",
    less="send a smaller model",
)
"""A model's files into the registry, after a verification."""

MODEL_VERIFY = Kind(
    JobKind.MODEL_VERIFY,
    BACKGROUND_QUEUE,
    ModelVerifyParameters,
    ModelOutcome,
    again="ask for it once more",
    less="promote a smaller model",
)
"""A version that is here is verified anew."""


class RerunParameters(Parameters):
    """Its progress.

    Attributes:
        total: images to predict anew.
        done: of these, so far.
    """

    total: int = 0
    done: int = 0


RERUN = Kind(
    JobKind.RERUN,
    BACKGROUND_QUEUE,
    RerunParameters,
    Outcome,
    again="start it once more: it goes on where it was",
    less="start it once more: it goes on where it was",
)
"""Predictions of a project that nobody has touched, made again by what serves."""
