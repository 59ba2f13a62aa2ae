"""The gain from a doctor's scribbles and boxes, measured with a simulated reader.

Each image starts from the model's own mask, or only from a box around the lesion. Then the reader
scribbles, the product refines, and the reader looks again. Every call uses the functions with which
the worker answers people, and as on the page each request carries only the newest scribble.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.samples import Sample, read_sample_mask
from models.evaluation.metrics import Mask, dice
from models.evaluation.per_image import read_frame
from models.evaluation.simulated_user import HABITS, Habit, next_scribble
from worker.interactive import (
    BOX,
    NEW,
    REFINE,
    ReadFrame,
    outline_in_box,
    outline_new,
    prompt_network,
    refine,
)
from worker.interactive import read_frame as read_for_drawing
from worker.pipeline import Network, PipelineSettings, Region, segment
from worker.pipeline.components import largest

Start = Literal["model", "box", "click"]

STARTS: tuple[Start, ...] = ("model", "box", "click")

SHOWN = (0, 1, 3, 5)
"""Numbers of interactions for which figures are reported."""
BAD_DICE = 0.8
"""A mask below this needs correcting; the subset that matters most."""
BOX_ERROR = 0.05
"""Standard deviation of each side of a drawn box, as a share of the box's size."""
WORSE = 0.001
"""A smaller loss of Dice does not count."""

Tool = Callable[[Mask, NDArray[np.int8], ReadFrame], Mask]


def product(mask: Mask, scribbles: NDArray[np.int8], seen: ReadFrame) -> Mask:
    """Return the worker's answer to scribbles, with or without a mask."""
    if not mask.any():
        return outline_new(seen.pixels, scribbles, seen.logits, prompt_network(), NEW, REFINE)
    return refine(mask, scribbles, seen.logits, seen.grey, REFINE)


def without_crf(mask: Mask, scribbles: NDArray[np.int8], seen: ReadFrame) -> Mask:
    """The same without the CRF."""
    crf = REFINE.crf.model_copy(update={"engine": "none"})
    settings = REFINE.model_copy(update={"crf": crf})
    return refine(mask, scribbles, seen.logits, seen.grey, settings)


def without_network(mask: Mask, scribbles: NDArray[np.int8], seen: ReadFrame) -> Mask:
    """The same without the network: only distances and the image."""
    return refine(mask, scribbles, np.zeros_like(seen.logits), seen.grey, REFINE)


def painted(mask: Mask, scribbles: NDArray[np.int8], seen: ReadFrame) -> Mask:
    """The same strokes with a plain brush that changes only what it touches."""
    return (mask | (scribbles > 0)) & ~(scribbles < 0)


TOOLS: dict[str, Tool] = {
    "refine": product,
    "refine without CRF": without_crf,
    "refine, network silent": without_network,
    "brush": painted,
}


@dataclass(frozen=True)
class Course:
    """One image, one reader: Dice before the first interaction and after each.

    Attributes:
        model_dice: Dice of the model's mask, whatever the course started from.
        milliseconds: time of each answer, ms.
    """

    source: str
    id: str
    start: Start
    habit: Habit
    model_dice: float
    dice: tuple[float, ...]
    milliseconds: tuple[float, ...] = field(default=(), compare=False)


def courses(
    samples: Iterable[Sample],
    network: Network,
    tool: Tool = product,
    habits: Sequence[Habit] = HABITS,
    starts: Sequence[Start] = STARTS,
    on_image: Callable[[], None] | None = None,
) -> list[Course]:
    """Let the simulated reader correct every sample. The same samples give the same courses.

    A course that starts from a box or a click concerns only the largest lesion of the image. Images
    without a lesion are left out.

    Raises:
        DataError: a file cannot be decoded.
    """
    settings = PipelineSettings.for_card(network.card)
    found = []
    for sample in samples:
        frame = read_frame(sample)
        truth = read_sample_mask(sample, frame.height, frame.width) > 0
        if not truth.any():
            continue
        drawn = segment(frame, network, settings).mask
        seen = read_for_drawing(frame, network)
        model_dice = dice(drawn, truth)
        for start in starts:
            rng = np.random.default_rng(crc32(f"{sample.source}/{sample.id}/{start}".encode()))
            wanted, first = truth, drawn
            spent: tuple[float, ...] = ()
            if start != "model":
                wanted = largest(truth)
                started = time.perf_counter()
                first = _begun(start, wanted, seen, network, rng)
                spent = (1000 * (time.perf_counter() - started),)
            for habit in habits:
                scores, times = _correct(first, wanted, seen, tool, habit, rng)
                found.append(
                    Course(
                        sample.source, sample.id, start, habit, model_dice, scores, spent + times
                    )
                )
        if on_image:
            on_image()
    return found


def _begun(
    start: Start, lesion: Mask, seen: ReadFrame, network: Network, rng: np.random.Generator
) -> Mask:
    """Return the worker's answer to a reader who draws a box around a lesion or clicks on it."""
    if start == "box":
        box = drawn_box(lesion, rng)
        return outline_in_box(seen.pixels, box, seen.logits, network, prompt_network(), BOX)
    return outline_new(seen.pixels, click(lesion, rng), seen.logits, prompt_network(), NEW, REFINE)


def click(lesion: Mask, rng: np.random.Generator) -> NDArray[np.int8]:
    """Return a person's click anywhere in a lesion's middle half: int8 [H,W], 1 on one px."""
    depth = cv2.distanceTransform(np.pad(lesion, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= 0.5 * depth.max())
    chosen = int(rng.integers(len(rows)))
    drawn = np.zeros(lesion.shape, np.int8)
    drawn[rows[chosen], columns[chosen]] = 1
    return drawn


def _correct(
    mask: Mask,
    truth: Mask,
    seen: ReadFrame,
    tool: Tool,
    habit: Habit,
    rng: np.random.Generator,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    scores, times = [dice(mask, truth)], []
    for _ in range(max(SHOWN)):
        scribbles = next_scribble(mask, truth, habit, rng)
        started = time.perf_counter()
        mask = tool(mask, scribbles, seen)
        times.append(1000 * (time.perf_counter() - started))
        scores.append(dice(mask, truth))
    return tuple(scores), tuple(times)


def drawn_box(lesion: Mask, rng: np.random.Generator) -> Region:
    """Return a box around a lesion as drawn by a person: each side is off by a few percent."""
    left, top, width, height = cv2.boundingRect(lesion.astype(np.uint8))
    errors = rng.normal(0, BOX_ERROR, 4)
    first_row = int(np.clip(round(top + errors[0] * height), 0, lesion.shape[0] - 2))
    last_row = int(np.clip(round(top + height + errors[1] * height), 0, lesion.shape[0]))
    first_column = int(np.clip(round(left + errors[2] * width), 0, lesion.shape[1] - 2))
    last_column = int(np.clip(round(left + width + errors[3] * width), 0, lesion.shape[1]))
    return Region(
        first_row,
        first_column,
        max(2, last_row - first_row),
        max(2, last_column - first_column),
    )


def summarise_courses(found: Sequence[Course]) -> list[dict[str, Any]]:
    """Return one row per data set, start and habit, for all images and for bad masks."""
    rows = []
    for source in sorted({course.source for course in found}):
        for start in STARTS:
            for habit in HABITS:
                chosen = [
                    c for c in found if (c.source, c.start, c.habit) == (source, start, habit)
                ]
                bad = [c for c in chosen if c.model_dice < BAD_DICE]
                for images, subset in ((chosen, "all"), (bad, f"Dice below {BAD_DICE:g}")):
                    if images:
                        rows.append(
                            {
                                "source": source,
                                "start": start,
                                "habit": habit,
                                "images": subset,
                                **_figures(images),
                            }
                        )
    return rows


def _figures(images: Sequence[Course]) -> dict[str, Any]:
    scores = np.array([course.dice for course in images])
    times = np.concatenate([course.milliseconds for course in images])
    return {
        "count": len(images),
        "model_dice": float(np.mean([course.model_dice for course in images])),
        "dice": {str(k): float(scores[:, k].mean()) for k in SHOWN},
        "first_made_worse_share": float((scores[:, 1] < scores[:, 0] - WORSE).mean()),
        "answer_ms_p50": float(np.median(times)),
    }
