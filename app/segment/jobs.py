"""Jobs from bytes to frames and from frames to masks."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.images.tables import ImageSource
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind
from app.masks.measures import StoredResult


class IngestParameters(Parameters):
    """Settings for keeping an upload.

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
    """Settings for segmenting the image that the job names.

    Attributes:
        model: null is the default one.
        overlay: is made with the mask.
        duplicate: the image was there before its upload.
        frame: index of the frame.
    """

    model: str | None = None
    overlay: bool = False
    duplicate: bool = False
    frame: int = 0


class PredictFramesParameters(Parameters):
    """Settings for segmenting frames of the cine that the job names.

    Attributes:
        model: null is the default one.
        first, last, step: which frames, by index; the last one included.
        duplicate: the image was there before its upload.
    """

    model: str | None = None
    first: int = 0
    last: int = 0
    step: int = 1
    duplicate: bool = False


class SegmentParameters(Parameters):
    """Settings for segmenting an upload of which nothing is kept.

    Attributes:
        model: null is the default one.
        overlay: is made with the mask; there is none otherwise.
        objects: DICOM objects that are made with it, see :mod:`app.dicom_results`.
    """

    model: str | None = None
    overlay: bool = False
    objects: tuple[str, ...] = ()


class Prediction(StoredResult, Outcome):
    """A model's result on an image, and where it is stored."""

    frame_id: UUID
    frame_index: int = 0
    mask_id: UUID


class FramesPrediction(Prediction):
    """A model's answer on several frames: the whole answer on the frame with the longest lesion,
    and the numbers of frames and of frames with lesions."""

    frame_index: int
    frames: int
    frames_with_lesions: int


class TransientPrediction(StoredResult, Outcome):
    """A model's result on an upload that is not stored."""


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

PREDICT_FRAMES = Kind(
    JobKind.PREDICT_FRAMES,
    BACKGROUND_QUEUE,
    PredictFramesParameters,
    FramesPrediction,
    again="segment the frames once more",
    less="segment fewer frames, or choose a faster model",
    stoppable=True,
)
"""Frames of a cine to masks, one after the other; those that are done stay when it is stopped."""

KEY_FRAMES = 8
"""Frames that are segmented when a cine was just stored, spread over its time."""


def key_frames(
    count: int, model: str | None, *, duplicate: bool = False
) -> PredictFramesParameters:
    """The frames of a cine that are segmented without being asked for."""
    step = max(1, -(-count // KEY_FRAMES))
    return PredictFramesParameters(
        model=model, first=0, last=count - 1, step=step, duplicate=duplicate
    )


SEGMENT = Kind(
    JobKind.SEGMENT,
    SEGMENT_QUEUE,
    SegmentParameters,
    TransientPrediction,
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
