"""From bytes to pixels, and from pixels to a mask with its result. Writes nothing."""

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.core.database import WriteSession
from app.core.settings import VERSION, Settings
from app.label_sets.records import mark_used
from app.masks.measures import StoredResult
from app.masks.tables import Mask, MaskSource
from worker.decoding import decode
from worker.depth_scale import ProposedScale, is_silent, propose_safely
from worker.ingest import Decoded, DecodeLimits
from worker.pipeline import (
    Frame,
    Network,
    PipelineSettings,
    Segmentation,
    encode_mask_png,
    encode_png,
    segment,
)
from worker.pipeline.crop import effective_area
from worker.runtime import Runtime
from worker.storage.answer_drawing import ClassTargets, class_targets, drawing_of_answer
from worker.storage.drawing import Drawing
from worker.storage.figures import answered
from worker.storage.pictures import stored_frame

DECODED_AT = 0.1
"""Share of a job's time spent on reading and decoding."""
STORING_AT = 0.9

_encoder = ThreadPoolExecutor(1, thread_name_prefix="overlay")
_scales = ThreadPoolExecutor(1, thread_name_prefix="scale")

ProgressCallback = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Read:
    """A de-identified picture and the time it took to read.

    Attributes:
        milliseconds: from bytes to pixels, de-identification included.
        scale: the scale printed in the picture, searched for in parallel with the next steps; None
            if not requested, or if the file states one.
    """

    decoded: Decoded
    milliseconds: float
    scale: Future[ProposedScale | None] | None = None


@dataclass(frozen=True, slots=True)
class Predicted:
    """A model's answer to a frame.

    Attributes:
        result: the answer, without facts about the file.
        settings_digest: equal for equal model, settings and picture.
        overlay_png: made in parallel with the next steps; None if not requested.
        picture_id: which pixels of a stored image these are; None for the original ones.
    """

    result: StoredResult
    settings_digest: str
    mask_png: bytes
    overlay_png: Future[bytes] | None = None
    picture_id: UUID | None = None
    """Which pixels of a stored frame these are; None for the original ones."""
    model_digest: str | None = None
    """Digest of all files of the version that answered."""
    probability: NDArray[np.float32] | None = None
    """The model's probability of each pixel, float32 [H,W]."""

    drawing: Drawing | None = None
    """Its lesions by class, from a model that distinguishes classes."""
    numbers: NDArray[np.uint8] | None = None
    """uint8 [H,W], the lesion of each pixel, from such a model without a label set."""

    def note_classes(self, session: WriteSession) -> None:
        """Record that a revision has classes, in the transaction that stores it."""
        if self.drawing is not None:
            mark_used(session, set(map(self.drawing.class_of, self.drawing.numbers)))

    def mask(self, **where: UUID) -> Mask:
        """Make the row of a revision, without a number.

        Args:
            where: additional columns: ids of the mask, its image, frame and job.
        """
        model = self.result.provenance.model
        return Mask(
            **where,
            source=MaskSource.MODEL,
            model_name=model.name,
            model_version=model.version,
            model_digest=self.model_digest,
            result=self.result.kept(),
            labels=self.drawing.to_json() if self.drawing else None,
            settings_digest=self.settings_digest,
        )


def read_upload(data: bytes, settings: Settings, *, proposes: bool = False) -> Read:
    """Read the pixels of an uploaded file, without anything that names a patient, and their region.

    Args:
        data: the file.
        settings: contain the limits.
        proposes: look for a printed scale if the file states none.

    Raises:
        DecodeError: not an image that can be read within the limits.
    """
    started = time.perf_counter()
    raw = decode(data, decode_limits(settings))
    looks = proposes and is_silent(raw.frame)
    # Before the letters are blanked, and in parallel with what the sender waits for.
    scale = _scales.submit(propose_safely, raw.frame.pixels) if looks else None
    decoded = raw.deidentified()
    frame = replace(decoded.frame, region=effective_area(decoded.frame))
    return Read(replace(decoded, frame=frame), (time.perf_counter() - started) * 1000, scale)


def decode_limits(settings: Settings) -> DecodeLimits:
    """Limits on an upload."""
    return DecodeLimits(
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_side=settings.max_side,
        max_frames=settings.max_frames,
        max_cine_pixels=settings.max_cine_pixels,
    )


def segment_bytes(
    data: bytes, network: Network, settings: Settings, *, draws: bool = False
) -> Predicted:
    """Run the whole pipeline on one upload, from its bytes to the mask as PNG.

    Raises:
        DecodeError: not an image that can be read within the limits.
    """
    read = read_upload(data, settings)
    return predict_frame(read.decoded.frame, network, read.milliseconds, draws=draws)


def segment_stored(
    runtime: Runtime,
    image_id: UUID,
    network: Network,
    progress: ProgressCallback | None = None,
    *,
    draws: bool = False,
    index: int = 0,
    project_id: UUID,
) -> Predicted:
    """Run the whole pipeline on a frame of a stored image, as it is now.

    Raises:
        BlobNotFoundError: the image was deleted.
        UnmappedClassError: the network has a class that the project does not map.
    """
    targets = class_targets(runtime, project_id, network)
    started = time.perf_counter()
    stored = stored_frame(runtime, image_id, index)
    milliseconds = (time.perf_counter() - started) * 1000
    return predict_frame(
        stored.frame,
        network,
        milliseconds,
        progress,
        stored.picture_id,
        draws=draws,
        targets=targets,
    )


def predict_frame(
    frame: Frame,
    network: Network,
    read_ms: float,
    progress: ProgressCallback | None = None,
    picture_id: UUID | None = None,
    *,
    draws: bool = False,
    targets: ClassTargets | None = None,
) -> Predicted:
    """Run the pipeline on de-identified pixels.

    Args:
        frame: pixels, spacing and effective area.
        network: the model to use, with the settings that its card recommends.
        read_ms: time that reading the frame took, milliseconds.
        progress: called with the stage and the share of the whole job that is done, 0 to 1.
        picture_id: as in :class:`Predicted`.
        draws: also make the overlay.
        places: mapping of the network's classes; without it, lesions have the card's class names
            and no class of a label set.
    """

    def inner(stage: str, share: float) -> None:
        if progress:
            progress(stage, DECODED_AT + share * (STORING_AT - DECODED_AT))

    settings = PipelineSettings.for_card(network.card)
    found = segment(frame, network, settings, inner)
    started = time.perf_counter()
    drawing, lesions = drawing_of_answer(found, targets, frame.lengths) if targets else (None, None)
    if drawing is not None:
        found = replace(found, mask=drawing.mask)
    overlay_png = _encoder.submit(_overlay, found, frame) if draws else None
    mask_png = encode_mask_png(found.mask)
    encode_ms = (time.perf_counter() - started) * 1000
    result = answered(found, network, settings, read_ms, encode_ms)
    if lesions is not None:
        result.lesions = lesions
    return Predicted(
        result=result,
        drawing=drawing,
        settings_digest=settings_digest(network, picture_id, targets),
        mask_png=mask_png,
        overlay_png=overlay_png,
        picture_id=picture_id,
        model_digest=network.digest,
        probability=found.probability,
        numbers=None if targets else found.numbers,
    )


def settings_digest(
    network: Network, picture_id: UUID | None, targets: ClassTargets | None = None
) -> str:
    """A digest, equal for equal model, settings, picture of a frame and targets of classes."""
    card = network.card
    model = {"name": card.name, "version": card.version, "sha256": card.sha256}
    settings = PipelineSettings.for_card(card).model_dump(mode="json")
    of: list[Any] = [model, settings, VERSION]
    of += [str(picture_id)] if picture_id else []
    of += [targets.key()] if targets else []
    basis = json.dumps(of, sort_keys=True)
    return hashlib.sha256(basis.encode()).hexdigest()


def _overlay(found: Segmentation, frame: Frame) -> bytes:
    return encode_png(found.overlay(frame))
