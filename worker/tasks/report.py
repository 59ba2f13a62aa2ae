"""The report of an evaluation, made on request."""

from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.accounts.tables import User
from app.core.blobs import BlobNotFoundError
from app.evaluations.tables import Evaluation, FrozenSet, outline_key, report_key
from worker.evaluation.report import Report, WorstPair, report_pdf
from worker.runtime import Runtime
from worker.storage.pictures import stored_frame

WIDTH = 480
"""Maximum width in px of a picture in the report, where it is 4 cm wide."""


def leave_report(runtime: Runtime, question: dict[str, Any]) -> None:
    """Write the requested report.

    Raises:
        BlobNotFoundError: the evaluation was deleted, or has no verdict.
    """
    evaluation_id = UUID(question["evaluation_id"])
    with runtime.database.read() as session:
        one = session.get(Evaluation, evaluation_id)
        if one is None or one.verdict is None:
            raise BlobNotFoundError(str(evaluation_id))
        wanted = [UUID(set_id) for set_id in one.set_ids]
        rows = session.scalars(select(FrozenSet).where(FrozenSet.id.in_(wanted))).all()
        sets = {str(row.id): row.name for row in rows}
        by = session.get_one(User, one.created_by_id).name
    report = Report(
        id=one.id,
        model=f"{one.model_name} {one.model_version}",
        serving=f"{one.serving_name} {one.serving_version}",
        created_at=one.created_at,
        created_by=by,
        look=one.look,
        verdict=one.verdict,
        worst=[
            WorstPair(
                set_name=sets.get(item["set_id"], ""),
                image_id=item["image_id"],
                frame_index=item["frame_index"],
                before=item["before"],
                after=item["after"],
                missed=item["missed"],
                false_outline=item["false_outline"],
                pictures=_pictures(runtime, evaluation_id, item)
                if item["mask_id"] in question["seen"]
                else None,
            )
            for item in one.verdict["worst"]
        ],
    )
    runtime.blobs.put(report_key(UUID(question["id"])), report_pdf(report))


def _pictures(
    runtime: Runtime, evaluation_id: UUID, item: dict[str, Any]
) -> tuple[bytes, bytes] | None:
    """The current picture under both outlines, JPEG; None if it was deleted."""
    try:
        stored = stored_frame(runtime, UUID(item["image_id"]), item["frame_index"])
        keys = [
            outline_key(evaluation_id, UUID(item["mask_id"]), whose)
            for whose in ("before", "after")
        ]
        before, after = (_drawn(stored.frame.pixels, runtime.blobs.get(key)) for key in keys)
    except BlobNotFoundError:
        return None
    return before, after


def _drawn(pixels: NDArray[np.uint8], outlines: bytes) -> bytes:
    """Encode a picture, uint8 [H,W] or [H,W,3], under the outlines of `outlines_png`, as JPEG."""
    height, width = pixels.shape[:2]
    size = (min(WIDTH, width), max(1, round(height * min(WIDTH, width) / width)))
    colours = cv2.COLOR_GRAY2BGR if pixels.ndim == 2 else cv2.COLOR_RGB2BGR
    canvas = cv2.resize(cv2.cvtColor(pixels, colours), size, interpolation=cv2.INTER_AREA)
    lines = cv2.imdecode(np.frombuffer(outlines, np.uint8), cv2.IMREAD_UNCHANGED)
    if lines is None or lines.shape != (height, width, 4):
        raise ValueError(f"no outlines of a picture of {height} by {width}")
    # If a thin line lies between two pixels, both get it in full: at half strength it is hard to
    # see.
    shown = cv2.resize(lines[..., 3], size, interpolation=cv2.INTER_AREA) > 64
    near = cv2.resize(lines[..., :3], size, interpolation=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.resize(lines[..., 3], size, interpolation=cv2.INTER_AREA)[shown, None]
    canvas[shown] = np.clip(near[shown] * 255.0 / weight, 0, 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 85])
    if not done:
        raise ValueError(f"cannot write a picture of {size}")
    return data.tobytes()
