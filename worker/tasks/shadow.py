"""A shadow's work: answer new frames, then compare those that have since been signed.

It works on one image at a time, in a thread of the lowest priority, and only while nobody waits for
anything; otherwise the job returns to the queue for a while. A killed job continues with the next
frame.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from redis import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame, Image, ImageState
from app.jobs.tables import JobState
from app.masks.tables import Mask
from app.model_versions.tables import Shadow
from app.shadows.jobs import SHADOW
from app.shadows.records import counts, end, needless, somebody_waits, uncompared, unseen
from app.shadows.tables import ShadowAnswer
from worker.evaluation.agreement import Compared, figures, middle
from worker.pipeline import ModelError, Network
from worker.runtime import Runtime
from worker.tasks.answering import note_failure
from worker.tasks.lease import Lease, Progress
from worker.tasks.shadow_answers import ShadowResult, ask, compare, keep

log = logging.getLogger(__name__)

STAND_BACK = timedelta(seconds=15)
"""Time that the job waits when somebody else is waiting."""
LOWEST = 19


def _lowest() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)


_thread = ThreadPoolExecutor(1, thread_name_prefix="shadow", initializer=_lowest)
"""Network and pipeline run here; threads of a network that it loads inherit the priority."""


def shadow(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Do a shadow's pending work, as long as nobody waits.

    Raises:
        LostLeaseError: cancelled, or another worker has the job; stored answers are kept.
    """
    asked = SHADOW.read(lease.job)
    skipped: set[UUID] = set()
    done = 0
    while True:
        with runtime.database.read() as session:
            one = session.get_one(Shadow, asked.shadow_id)
            over = None if one.ended_at is not None else needless(session, one)
            waits = _waits(runtime, session)
            frame_id, answer_id = None, None
            if one.ended_at is None and over is None:
                frame_id = _next(session.scalars(unseen(one).limit(len(skipped) + 1)), skipped)
            if frame_id is None:
                answer_id = _next(session.scalars(uncompared(one).limit(len(skipped) + 1)), skipped)
        if over is not None:
            with runtime.database.write() as session:
                row = session.get_one(Shadow, one.id)
                if row.ended_at is None:
                    end(session, runtime.site_key, audit.SYSTEM, row, over)
            continue
        if frame_id is None and answer_id is None:
            break
        if waits:
            _update_figures(runtime, one.id)
            lease.give_back(STAND_BACK, attempts=0)
            return
        progress("shadow", min(0.99, done / (done + 20)))
        if frame_id is not None:
            kept = _answer(runtime, lease, one, frame_id)
        else:
            kept = answer_id is not None and compare(runtime, lease, answer_id)
        done += 1
        if not kept:
            skipped |= {one for one in (frame_id, answer_id) if one is not None}
    _update_figures(runtime, asked.shadow_id)
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, result=SHADOW.outcome().model_dump(mode="json"))


def _next(ids: Iterable[UUID], skipped: set[UUID]) -> UUID | None:
    return next((one for one in ids if one not in skipped), None)


def _waits(runtime: Runtime, session: Session) -> bool:
    try:
        return somebody_waits(session, runtime.broker)
    except RedisError:
        return True


def _answer(runtime: Runtime, lease: Lease, one: Shadow, frame_id: UUID) -> bool:
    with runtime.database.read() as session:
        frame = session.get(Frame, frame_id)
    if frame is None:
        return False
    try:
        said = _thread.submit(_ask, runtime, one, frame.image_id, frame.index).result()
    except ModelError as error:
        log.error("the shadow %s@%s: %s", one.model_name, one.model_version, error)
        return False
    except (BlobNotFoundError, ValueError):
        log.warning("frame %s was deleted, changed or damaged", frame_id)
        return False
    return keep(runtime, lease, one, frame_id, said)


def _ask(runtime: Runtime, one: Shadow, image_id: UUID, index: int) -> ShadowResult:
    network: Network = runtime.network(f"{one.model_name}@{one.model_version}", quiet=True)
    said = ask(runtime, network, image_id, index)
    if said.fault is not None:
        note_failure(runtime, network, said.fault)
    return said


def _update_figures(runtime: Runtime, shadow_id: UUID) -> None:
    """Compute the figures from what is known now."""
    with runtime.database.read() as session:
        one = session.get_one(Shadow, shadow_id)
        answers, compared = counts(session, one)
        rows = session.execute(
            select(ShadowAnswer, Frame, Image, Mask.result)
            .join(Frame, Frame.id == ShadowAnswer.frame_id)
            .join(Image, Image.id == ShadowAnswer.image_id)
            .outerjoin(Mask, Mask.id == ShadowAnswer.prediction_id)
            .where(ShadowAnswer.shadow_id == shadow_id, Image.project_id == one.project_id)
            .order_by(ShadowAnswer.id)
        ).all()
    found = []
    for answer, frame, image, _ in rows:
        stands = image.state == ImageState.APPROVED and (
            frame.approved_mask_id == answer.compared_mask_id
        )
        if answer.compared_mask_id is None or not stands:
            continue
        found.append(
            Compared(
                image_id=image.id,
                frame_index=frame.index,
                patient=image.subject_id or image.id,
                lesion=answer.truth_px > 0,
                at=answer.compared_at or answer.created_at,
                blind=bool(answer.blind),
                dice=(answer.serving_dice, answer.dice),
                iou=(answer.serving_iou, answer.iou),
                missed=(answer.serving_missed, answer.missed),
                outlined=(answer.serving_outlined, answer.outlined),
            )
        )
    flagged = [
        [bool(v) for row in rows if (v := (row[3] or {}).get("out_of_domain")) is not None],
        [bool(row[0].flagged) for row in rows if row[0].flagged is not None],
    ]
    said = {
        "answers": answers,
        "compared": compared,
        "faults": sum(row[0].fault is not None for row in rows),
        "flagged": [sum(one) / len(one) if one else None for one in flagged],
        "milliseconds": [
            middle([((row[3] or {}).get("timings_ms") or {}).get("total") for row in rows]),
            middle([row[0].milliseconds for row in rows if row[0].fault is None]),
        ],
        **figures(found),
    }
    with runtime.database.write() as session:
        session.get_one(Shadow, shadow_id).figures = said
