"""Images of a comparison with outlines: examples, the same for all methods, and worst cases.

They show images of patients, so they stay in the folder of the comparison and its page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.comparison.document import Picture
from models.comparison.runs import Measured
from models.data.samples import read_sample_mask
from models.evaluation.per_image import ImageResult, read_frame
from worker.pipeline import Network, segment

_CELL = 220
"""Side of a picture in a sheet, px."""
_COLUMNS = 5
_EXAMPLES = 5
_TRUTH, _FOUND = (60, 220, 90), (255, 90, 60)
"""RGB of the outlines."""
_QUALITY = 85
WORST = 20


def draw_examples(one: Measured, network: Network, folder: Path) -> Picture:
    """Draw a few images, evenly spread by size of the lesion, the same for every method."""
    by_size = sorted(one.results, key=lambda r: (r.metrics.truth / r.pixels, r.sample.id))
    places = np.linspace(0, len(by_size) - 1, min(_EXAMPLES, len(by_size)) + 2)[1:-1]
    chosen = [by_size[int(place)] for place in places]
    return _sheet(
        one,
        chosen,
        network,
        folder / f"examples-{one.method.name}.jpg",
        f"{one.method.name}: lesion IoU "
        + ", ".join(f"{result.metrics.lesion_iou:.2f}" for result in chosen),
    )


def draw_worst(one: Measured, network: Network, folder: Path, count: int = WORST) -> Picture:
    """Draw the images with the lowest lesion IoU."""
    worst = sorted(one.results, key=lambda r: (r.metrics.lesion_iou, r.sample.id))[:count]
    return _sheet(
        one,
        worst,
        network,
        folder / f"worst-{one.method.name}.jpg",
        f"{one.method.name}: the {len(worst)} images of lowest lesion IoU",
    )


def _sheet(
    one: Measured, results: Sequence[ImageResult], network: Network, path: Path, shows: str
) -> Picture:
    """Draw images in rows of five; truth green, prediction orange."""
    cells = [_cell(result, one, network) for result in results]
    empty = np.zeros((_CELL, _CELL, 3), np.uint8)
    cells += [empty] * (math.ceil(len(cells) / _COLUMNS) * _COLUMNS - len(cells))
    sheet = np.vstack(
        [np.hstack(cells[start : start + _COLUMNS]) for start in range(0, len(cells), _COLUMNS)]
    )
    colours = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path), colours, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Picture(path.name, shows, of_patients=True)


def _cell(result: ImageResult, one: Measured, network: Network) -> NDArray[np.uint8]:
    frame = read_frame(result.sample)
    found = segment(frame, network, one.settings).mask
    truth = read_sample_mask(result.sample, frame.height, frame.width) > 0
    pixels = frame.pixels
    if pixels.ndim == 2:
        pixels = cast(NDArray[np.uint8], cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
    scale = _CELL / max(truth.shape)
    size = (max(1, round(truth.shape[1] * scale)), max(1, round(truth.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    for mask, colour in ((truth, _TRUTH), (found, _FOUND)):
        shrunk = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        contours, _ = cv2.findContours(shrunk, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(small, contours, -1, colour, 1)
    cell = np.zeros((_CELL, _CELL, 3), np.uint8)
    cell[: size[1], : size[0]] = small
    caption = f"{result.sample.id} {result.metrics.lesion_iou:.2f}"
    cv2.putText(cell, caption, (4, _CELL - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 0), 1)
    return cell
