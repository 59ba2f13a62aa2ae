"""Requests of a person who is drawing: from the message to the event with the answer.

Stores nothing and needs no job: the client waits for the event, and asks again if none comes.
"""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.blobs import BlobNotFoundError
from app.core.broker import answer_topic
from app.core.problems import Problem, internal_error, not_found
from app.dicom_results.records import Order
from worker.interactive import (
    BOX,
    NEW,
    REFINE,
    ReadFrame,
    decode_runs,
    encode_runs,
    outline_in_box,
    outline_new,
    prompt_network,
    read_frame,
    refine,
)
from worker.pipeline import ModelError, Network, Region
from worker.runtime import Runtime
from worker.storage.pictures import stored_frame
from worker.tasks import no_model
from worker.tasks.overlays import keep_overlay

log = logging.getLogger(__name__)

NOT_LESION = 2
"""Label of a not-lesion scribble on the wire; -1 in arrays."""

Answered = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""The lesion's mask, and the mask with which it is compared."""


def answer(runtime: Runtime, request_id: UUID, question: dict[str, Any]) -> None:
    """Answer a request that the API has checked, with a mask or a problem."""
    try:
        content = _answer(runtime, question)
    except Problem as problem:
        content = {"problem": problem.document()}
    except BlobNotFoundError:
        content = {"problem": not_found("image").document()}
    except ModelError as error:
        log.error("a drawing could not be helped: %s", error)
        content = {"problem": no_model.problem(error).document()}
    except Exception:
        log.exception("a question was not answered")
        content = {"problem": internal_error().document()}
    runtime.broker.publish((answer_topic(request_id), content))


def _answer(runtime: Runtime, question: dict[str, Any]) -> dict[str, Any]:
    if question["kind"] == "overlay":
        keep_overlay(runtime, UUID(question["image_id"]), UUID(question["mask_id"]))
        return {}
    if question["kind"] == "dicom":
        from worker.tasks.dicom import leave_objects  # highdicom is not needed for drawing

        leave_objects(runtime, Order.from_question(question))
        return {}
    if question["kind"] == "report":
        from worker.tasks.report import leave_report  # reportlab is not needed for drawing

        leave_report(runtime, question)
        return {}
    timings: dict[str, float] = {}
    started = time.perf_counter()
    image_id, index = UUID(question["image_id"]), int(question.get("frame", 0))
    network = runtime.network(question["model"], _project(question))

    def read() -> ReadFrame:
        return read_frame(stored_frame(runtime, image_id, index).frame, network)

    picture = question.get("picture")
    # Pixels from before a redaction are neither used nor kept.
    runtime.frames.forget(lambda key: key[:2] == (image_id, index) and key[2] != picture)
    seen = runtime.frames.get((image_id, index, picture, network.card.sha256), read)
    if question["kind"] == "prepare":
        prompt_network()
        return {}
    timings["frame"] = _milliseconds(started)
    drawn = time.perf_counter()
    mask, before = KINDS[question["kind"]](question, seen, network)
    timings[question["kind"]] = _milliseconds(drawn)
    coded = time.perf_counter()
    content = {"runs": encode_runs(mask), "box": changed_box(mask, before)}
    timings["encode"] = _milliseconds(coded)
    timings["total"] = _milliseconds(started)
    return {**content, "timings_ms": timings}


def _project(question: dict[str, Any]) -> UUID | None:
    """None if the request came from an API of an older version."""
    project = question.get("project_id")
    return UUID(project) if project else None


def _refine(question: dict[str, Any], seen: ReadFrame, network: Network) -> Answered:
    height, width = seen.grey.shape
    mask = decode_runs(question["mask"], height, width).view(np.bool_)
    scribbles = decode_runs(question["scribbles"], height, width).view(np.int8)
    scribbles[scribbles == NOT_LESION] = -1
    if not mask.any():
        return _new(scribbles, seen, None), mask
    return refine(mask, scribbles, seen.logits, seen.grey, REFINE), mask


def _box(question: dict[str, Any], seen: ReadFrame, network: Network) -> Answered:
    region, taken = Region(**question["box"]), _taken(question, seen)
    found = outline_in_box(seen.pixels, region, seen.logits, network, prompt_network(), BOX, taken)
    return found, np.zeros_like(found)


def _point(question: dict[str, Any], seen: ReadFrame, network: Network) -> Answered:
    click = np.zeros(seen.grey.shape, np.int8)
    click[question["point"]["row"], question["point"]["column"]] = 1
    found = _new(click, seen, _taken(question, seen))
    return found, np.zeros_like(found)


def _new(
    scribbles: NDArray[np.int8], seen: ReadFrame, taken: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """Outline a new lesion under strokes."""
    return outline_new(seen.pixels, scribbles, seen.logits, prompt_network(), NEW, REFINE, taken)


def _taken(question: dict[str, Any], seen: ReadFrame) -> NDArray[np.bool_] | None:
    """Return the pixels already outlined, bool [H,W]; None if the request has none."""
    runs = question["mask"]
    return None if runs is None else decode_runs(runs, *seen.grey.shape).view(np.bool_)


KINDS: dict[str, Callable[[dict[str, Any], ReadFrame, Network], Answered]] = {
    "refine": _refine,
    "box": _box,
    "point": _point,
}


def changed_box(mask: NDArray[np.bool_], before: NDArray[np.bool_]) -> dict[str, int] | None:
    """The smallest box around all pixels in which two masks differ; None if they are equal."""
    left, top, width, height = cv2.boundingRect((mask != before).astype(np.uint8))
    return {"top": top, "left": left, "height": height, "width": width} if width else None


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
