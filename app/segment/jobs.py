"""Jobs from bytes to frames and from frames to masks."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.images.tables import ImageSource
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind
from app.masks.measures import StoredResult


class IngestParameters(Parameters):
    """Settings for storing an upload.

    Attributes:
        model: segments it afterwards; None is the default one.
        subject_id: the patient, if the sender named one.
        overlay: make it with the mask, because the sender waits for it.
        labelled: the sender gave a name or case; see :mod:`app.local_labels`.
        source: how it arrived; None if an older version queued it.
        contents: code of the file's bytes, which distinguishes an instance that came before from
            one that changed; see :mod:`app.instances`.
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
        model: None is the default one.
        overlay: make it with the mask.
        duplicate: the image was already stored before this upload.
        frame: index of the frame.
    """

    model: str | None = None
    overlay: bool = False
    duplicate: bool = False
    frame: int = 0


class PredictFramesParameters(Parameters):
    """Settings for segmenting frames of the cine that the job names.

    Attributes:
        model: None is the default one.
        first, last, step: the frames by index, including the last one.
        duplicate: the image was already stored before this upload.
    """

    model: str | None = None
    first: int = 0
    last: int = 0
    step: int = 1
    duplicate: bool = False


class SegmentParameters(Parameters):
    """Settings for segmenting an upload that is not stored.

    Attributes:
        model: None is the default one.
        overlay: make it with the mask; there is none otherwise.
        objects: DICOM objects to make with it, see :mod:`app.dicom_results`.
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
"""Bytes to frames. Once they are stored, the job continues as a :data:`PREDICT`."""

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
"""Frames of a cine to masks, one after the other; finished frames stay if it is stopped."""

KEY_FRAMES = 8
"""Frames, spread over a cine's time, that are segmented when it is stored."""


def key_frames(
    count: int, model: str | None, *, duplicate: bool = False
) -> PredictFramesParameters:
    """Return the frames of a cine that are segmented automatically."""
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
"""Bytes to a mask; nothing is left once the answer is delivered."""


def transient_mask_key(job_id: UUID) -> str:
    """Return the key of the mask of a ``store=false`` job, kept until it is fetched."""
    return f"transient/{job_id}/mask.png"


def transient_overlay_key(job_id: UUID) -> str:
    """Return the key of the overlay of a ``store=false`` job, kept until it is fetched."""
    return f"transient/{job_id}/overlay.png"
