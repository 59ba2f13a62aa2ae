"""Jobs from bytes to frames and from frames to masks."""

from uuid import UUID

from app.core.broker import SEGMENT_QUEUE
from app.images.tables import ImageSource
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind
from app.segment.schemas import StoredResult


class IngestParameters(Parameters):
    """How to keep an upload.

    Attributes:
        model: that segments it then; null is the default one.
        subject_id: whose picture it is, where the sender said so.
        overlay: is made with the mask, because the sender waits for it.
        labelled: the sender said what it is called; see :mod:`app.local_labels`.
        source: how it came here; null where a version queued it that did not say.
        contents: code of the file's bytes, which tells an instance that came before from one that
            changed; see :mod:`app.instances`.
    """

    model: str | None = None
    subject_id: UUID | None = None
    overlay: bool = False
    labelled: bool = False
    source: ImageSource | None = None
    contents: str | None = None


class PredictParameters(Parameters):
    """How to segment the image that the job names.

    Attributes:
        model: null is the default one.
        overlay: is made with the mask.
        duplicate: the image was there before its upload.
    """

    model: str | None = None
    overlay: bool = False
    duplicate: bool = False


class SegmentParameters(Parameters):
    """How to segment an upload of which nothing is kept.

    Attributes:
        model: null is the default one.
        overlay: is made with the mask; there is none otherwise.
        objects: DICOM objects that are made with it, see :mod:`app.dicom_results`.
    """

    model: str | None = None
    overlay: bool = False
    objects: tuple[str, ...] = ()


class Prediction(StoredResult, Outcome):
    """What a model says of an image, and where that is kept."""

    frame_id: UUID
    mask_id: UUID


class Answer(StoredResult, Outcome):
    """What a model says of an upload of which nothing is kept."""


INGEST = Kind(
    JobKind.INGEST,
    SEGMENT_QUEUE,
    IngestParameters,
    Outcome,
    again="send the image once more",
    less="send a smaller image",
)
"""Bytes to frames. Once they are stored the job goes on as one of :data:`PREDICT`."""

PREDICT = Kind(
    JobKind.PREDICT,
    SEGMENT_QUEUE,
    PredictParameters,
    Prediction,
    again="segment the image once more",
    less="send a smaller image, or choose a faster model",
)
"""Frames to masks."""

SEGMENT = Kind(
    JobKind.SEGMENT,
    SEGMENT_QUEUE,
    SegmentParameters,
    Answer,
    again="send the image once more",
    less="send a smaller image",
)
"""Bytes to a mask, of which nothing is left once the answer is delivered."""


def transient_mask_key(job_id: UUID) -> str:
    """Mask of a ``store=false`` job until it is fetched."""
    return f"transient/{job_id}/mask.png"


def transient_overlay_key(job_id: UUID) -> str:
    """Overlay of a ``store=false`` job until it is fetched."""
    return f"transient/{job_id}/overlay.png"
