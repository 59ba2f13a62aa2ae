"""From the bytes of a job to pixels, mask and what is said about them. Writes nothing."""

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.blobs import BlobNotFoundError
from app.core.settings import VERSION, Settings
from app.jobs.tables import Job, source_key
from worker.decoding import decode
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
from worker.runtime import Runtime
from worker.storage.pictures import stored_frame
from worker.tasks.lease import Progress

DECODED_AT = 0.1
"""Share of a job's time that reading and decoding take."""
STORING_AT = 0.9

_encoder = ThreadPoolExecutor(1, thread_name_prefix="overlay")

ProgressCallback = Callable[[str, float], None]
OnDecoded = Callable[[Decoded], None]


@dataclass(frozen=True, slots=True)
class Processed:
    """All that a job makes, in memory.

    Attributes:
        decoded: what was read; its pixels are de-identified.
        result: ``StoredResult`` as JSON, without what looks like text.
        settings_digest: equal for equal model, settings and picture.
        overlay_png: still being made, beside whatever comes next; None where nobody asked for it.
    """

    decoded: Decoded
    result: dict[str, Any]
    settings_digest: str
    mask_png: bytes
    overlay_png: Future[bytes] | None = None
    picture_id: UUID | None = None
    """Which pixels of a stored image these are; None where they are as they first came."""


def process(runtime: Runtime, job: Job, progress: Progress, decoded_is: OnDecoded) -> Processed:
    """Read the job's pixels, run the pipeline, encode the results.

    Args:
        decoded_is: see :func:`segment_bytes`.

    Raises:
        DecodeError: the upload is not an image that can be read.
        BlobNotFoundError: the bytes are gone.
        ModelError: the model cannot be loaded.
    """
    progress("reading", 0.0)
    network = runtime.network(job.model_name)
    if job.has_source:
        data = runtime.blobs.get(source_key(job.id))
        draws = job.wants_overlay
        return segment_bytes(data, network, runtime.settings, progress, decoded_is, draws=draws)
    if job.image_id is None:
        raise BlobNotFoundError(source_key(job.id))
    return segment_stored(runtime, job.image_id, network, progress, decoded_is)


def segment_stored(
    runtime: Runtime,
    image_id: UUID,
    network: Network,
    progress: ProgressCallback | None = None,
    decoded_is: OnDecoded | None = None,
) -> Processed:
    """The whole pipeline on the frame of an image that is stored, as it is now.

    Raises:
        BlobNotFoundError: the image was deleted.
    """
    started = time.perf_counter()
    stored = stored_frame(runtime, image_id)
    milliseconds = (time.perf_counter() - started) * 1000
    decoded = Decoded(stored.frame, "png", {})
    return _segment(decoded, network, milliseconds, progress, decoded_is, stored.picture_id)


def segment_bytes(
    data: bytes,
    network: Network,
    settings: Settings,
    progress: ProgressCallback | None = None,
    decoded_is: OnDecoded | None = None,
    *,
    draws: bool = False,
) -> Processed:
    """The whole pipeline on one upload, from its bytes to the mask as PNG.

    Args:
        data: the file as it was uploaded.
        network: the model to use, with the settings that its card recommends.
        settings: the site's limits.
        decoded_is: called with the de-identified picture as soon as the network has run, which
            takes all cores; the stages after it take one, so others are free beside them.
        draws: make the overlay too.

    Raises:
        DecodeError: not an image that can be read within the limits.
    """
    started = time.perf_counter()
    limits = DecodeLimits(
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_side=settings.max_side,
    )
    decoded = decode(data, limits).deidentified()
    milliseconds = (time.perf_counter() - started) * 1000
    return _segment(decoded, network, milliseconds, progress, decoded_is, draws=draws)


def _segment(
    decoded: Decoded,
    network: Network,
    decode_ms: float,
    progress: ProgressCallback | None,
    decoded_is: OnDecoded | None,
    picture_id: UUID | None = None,
    *,
    draws: bool = False,
) -> Processed:
    def inner(stage: str, share: float) -> None:
        if decoded_is and stage == "crf":
            decoded_is(decoded)
        if progress:
            progress(stage, DECODED_AT + share * (STORING_AT - DECODED_AT))

    settings = PipelineSettings.for_card(network.card)
    frame = decoded.frame
    found = segment(frame, network, settings, inner)
    started = time.perf_counter()
    overlay_png = _encoder.submit(_overlay, found, frame) if draws else None
    mask_png = encode_mask_png(found.mask)
    encode_ms = (time.perf_counter() - started) * 1000
    card = network.card
    model = {"name": card.name, "version": card.version, "sha256": card.sha256}
    provenance = {
        "model": model,
        "settings": settings.model_dump(mode="json"),
        "software": f"sonoloop {VERSION}",
        "provider": network.provider,
    }
    result = {**found.to_json(), "provenance": provenance}
    timings = {"decode": round(decode_ms, 3), **result["timings_ms"], "encode": round(encode_ms, 3)}
    result["timings_ms"] = {**timings, "total": round(sum(timings.values()), 3)}
    of: list[Any] = [model, provenance["settings"], VERSION]
    basis = json.dumps([*of, str(picture_id)] if picture_id else of, sort_keys=True)
    return Processed(
        decoded=decoded,
        result=result,
        settings_digest=hashlib.sha256(basis.encode()).hexdigest(),
        mask_png=mask_png,
        overlay_png=overlay_png,
        picture_id=picture_id,
    )


def _overlay(found: Segmentation, frame: Frame) -> bytes:
    return encode_png(found.overlay(frame))
