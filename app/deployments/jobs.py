"""Jobs that import models, verify them again, and repeat their predictions."""

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind
from app.model_versions.tables import Standing


class ModelImportParameters(Parameters):
    """The archive is stored as the job's upload."""


class ModelVerifyParameters(Parameters):
    """The version to verify again."""

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
"""Verify a model's files and put them into the registry."""

MODEL_VERIFY = Kind(
    JobKind.MODEL_VERIFY,
    BACKGROUND_QUEUE,
    ModelVerifyParameters,
    ModelOutcome,
    again="ask for it once more",
    less="promote a smaller model",
)
"""Verify a version of the registry again."""


class RerunParameters(Parameters):
    """The progress of the job.

    Attributes:
        total: images to predict again.
        done: of these, so far.
    """

    total: int = 0
    done: int = 0


RERUN = Kind(
    JobKind.RERUN,
    BACKGROUND_QUEUE,
    RerunParameters,
    Outcome,
    again="start it again: it resumes where it stopped",
    less="start it again: it resumes where it stopped",
)
"""Repeat a project's untouched predictions with the version that serves."""
