"""A shadow's answers, each a row and a mask, and their comparison with signed masks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.blobs import BlobNotFoundError
from app.core.ids import new_id
from app.images.tables import Frame, Image, mask_key
from app.masks.tables import Mask, MaskSource
from app.model_versions.tables import Shadow
from app.shadows.tables import ShadowAnswer, shadow_key
from worker.pipeline import (
    BrokenModelError,
    Network,
    PipelineSettings,
    decode_mask_png,
    encode_mask_png,
    segment,
)
from worker.pipeline.overlap import dice, iou
from worker.runtime import Runtime
from worker.storage.pictures import stored_frame
from worker.storage.writing import delete_all, start_puts, wait_for
from worker.tasks.lease import Lease

Mask2D = NDArray[np.bool_]


@dataclass(frozen=True)
class ShadowResult:
    """An answer before it is stored.

    Attributes:
        mask: bool [H,W]; None if there is no answer.
    """

    mask: Mask2D | None
    flagged: bool | None
    milliseconds: float
    picture_id: UUID | None
    fault: str | None = None


def ask(runtime: Runtime, network: Network, image_id: UUID, index: int) -> ShadowResult:
    """Return a version's answer on a frame as it is stored now.

    Raises:
        BlobNotFoundError: the image was deleted.
    """
    stored = stored_frame(runtime, image_id, index)
    settings = PipelineSettings.for_card(network.card)
    started = time.perf_counter()
    try:
        found = segment(stored.frame, network, settings)
    except BrokenModelError as error:
        return ShadowResult(None, None, 0.0, stored.picture_id, str(error)[:300])
    milliseconds = (time.perf_counter() - started) * 1000
    return ShadowResult(found.mask, found.out_of_domain, milliseconds, stored.picture_id)


def keep(
    runtime: Runtime, lease: Lease, shadow: Shadow, frame_id: UUID, said: ShadowResult
) -> bool:
    """Store an answer's mask, then its row; return False if the frame is gone.

    Raises:
        LostLeaseError: another worker has the job, or it was cancelled.
    """
    answer_id = new_id()
    with runtime.database.read() as session:
        frame = session.get(Frame, frame_id)
    if frame is None:
        return False
    key = shadow_key(frame.image_id, answer_id)
    png = encode_mask_png(said.mask) if said.mask is not None else None
    blobs = {key: lambda: png} if png is not None else {}
    wait_for(start_puts(runtime.blobs, blobs))
    kept, replaced = False, None
    try:
        with runtime.database.write() as session:
            # One more frame is progress: only attempts that answer no frame count as failed.
            lease.claim(session, attempts=0)
            image = session.get(Image, frame.image_id, with_for_update=True)
            now = session.get(Frame, frame_id)
            prediction = _seen_first(session, shadow, frame_id)
            if image is None or now is None or prediction is None:
                return False
            if now.picture_id != said.picture_id:
                return False
            before = session.scalar(
                select(ShadowAnswer).where(
                    ShadowAnswer.shadow_id == shadow.id, ShadowAnswer.frame_id == frame_id
                )
            )
            if before is not None:
                replaced = shadow_key(before.image_id, before.id)
                session.delete(before)
                session.flush()
            session.add(
                ShadowAnswer(
                    id=answer_id,
                    shadow_id=shadow.id,
                    image_id=frame.image_id,
                    frame_id=frame_id,
                    prediction_id=prediction,
                    picture_id=said.picture_id,
                    outlined=said.mask is not None and bool(said.mask.any()),
                    flagged=said.flagged,
                    milliseconds=said.milliseconds,
                    fault=said.fault,
                )
            )
            kept = True
    finally:
        if not kept:
            delete_all(runtime.blobs, blobs)
    if replaced is not None:
        runtime.blobs.delete(replaced)
    return True


def _seen_first(session: Session, shadow: Shadow, frame_id: UUID) -> UUID | None:
    """The first outline by another version."""
    query = select(Mask.id).where(
        Mask.frame_id == frame_id,
        Mask.source == MaskSource.MODEL,
        or_(Mask.model_name != shadow.model_name, Mask.model_version != shadow.model_version),
    )
    found: UUID | None = session.scalar(query.order_by(Mask.revision).limit(1))
    return found


def compare(runtime: Runtime, lease: Lease, answer_id: UUID) -> bool:
    """Compare an answer, and what people saw, with the signed mask; return whether it was possible.

    Raises:
        LostLeaseError: another worker has the job, or it was cancelled.
    """
    with runtime.database.read() as session:
        answer = session.get(ShadowAnswer, answer_id)
        frame = session.get(Frame, answer.frame_id) if answer else None
        image = session.get(Image, answer.image_id) if answer else None
        seen = session.get(Mask, answer.prediction_id) if answer else None
    if answer is None or frame is None or image is None or seen is None:
        return False
    signed = frame.approved_mask_id
    if signed is None:
        return False
    try:
        truth = _mask(runtime, mask_key(image.id, signed))
        serving = _mask(runtime, mask_key(image.id, seen.id))
        shadow = np.zeros_like(truth)
        if answer.fault is None:
            shadow = _mask(runtime, shadow_key(image.id, answer.id))
    except BlobNotFoundError:
        return False
    if not truth.shape == serving.shape == shadow.shape:
        return False
    lesion = bool(truth.any())
    milliseconds = ((seen.result or {}).get("timings_ms") or {}).get("total")
    with runtime.database.write() as session:
        lease.claim(session, attempts=0)
        row = session.get(ShadowAnswer, answer_id)
        if row is None:
            return False
        row.compared_mask_id, row.compared_at = signed, image.approved_at
        row.blind = image.model_hidden
        row.truth_px = int(np.count_nonzero(truth))
        row.dice, row.iou = dice(shadow, truth), iou(shadow, truth)
        row.serving_dice, row.serving_iou = dice(serving, truth), iou(serving, truth)
        row.missed = lesion and not bool((shadow & truth).any())
        row.serving_missed = lesion and not bool((serving & truth).any())
        row.serving_outlined = bool(serving.any())
        row.serving_milliseconds = milliseconds
    return True


def _mask(runtime: Runtime, key: str) -> Mask2D:
    return decode_mask_png(runtime.blobs.get(key))
