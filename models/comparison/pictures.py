"""Plots of a comparison and its worst cases as pictures.

The worst cases show images of patients: they stay in the folder of the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import NDArray

from models.comparison.document import Picture
from models.comparison.runs import Measured
from models.data import read_mask
from models.evaluation import ImageResult, read_frame
from worker.pipeline import Network, segment

_CELL = 220
"""Side of a picture in a sheet, px."""
_COLUMNS = 5
_TRUTH, _FOUND = (60, 220, 90), (255, 90, 60)
"""RGB of the outlines."""
WORST = 20


def draw_plots(
    rows: Sequence[dict[str, Any]], measured: Sequence[Measured], folder: Path
) -> list[Picture]:
    """Lesion IoU with intervals, its distribution, and against time, as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _intervals(rows, folder / "lesion-iou.png"),
        _distribution(measured, folder / "distribution.png"),
        _against_time(rows, folder / "time.png"),
    ]


def _intervals(rows: Sequence[dict[str, Any]], path: Path) -> Picture:
    ordered = sorted(rows, key=lambda row: row["lesion_iou_mean"])
    means = np.array([row["lesion_iou_mean"] for row in ordered])
    bounds = np.array([row["lesion_iou_interval"] for row in ordered])
    # A percentile interval of few groups may leave its mean outside.
    reach = np.maximum(0, np.abs([means - bounds[:, 0], bounds[:, 1] - means]))
    figure, axes = _canvas(1 + 0.35 * len(ordered))
    axes.barh([row["name"] for row in ordered], means, xerr=reach, color="#4c78a8", capsize=3)
    axes.set(xlim=(0, 1), xlabel="lesion IoU, mean per image with 95 % interval")
    figure.savefig(path, dpi=120)
    return Picture(path.name, "Lesion IoU of each method with its 95 % interval")


def _distribution(measured: Sequence[Measured], path: Path) -> Picture:
    figure, axes = _canvas(1 + 0.35 * len(measured))
    values = [[r.metrics.lesion_iou for r in one.results] for one in measured]
    axes.boxplot(values, orientation="horizontal", tick_labels=[m.method.name for m in measured])
    axes.set(xlim=(0, 1), xlabel="lesion IoU of an image")
    figure.savefig(path, dpi=120)
    return Picture(path.name, "Distribution of the lesion IoU over the images")


def _against_time(rows: Sequence[dict[str, Any]], path: Path) -> Picture:
    figure, axes = _canvas(5)
    for row in rows:
        if row["timing"]:
            place = (row["timing"]["network_ms"], row["lesion_iou_mean"])
            axes.scatter(*place, color="#4c78a8")
            axes.annotate(row["name"], place, fontsize=8)
    axes.set(xscale="log", xlabel="network or method, ms per image on the CPU", ylabel="lesion IoU")
    for formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
    figure.savefig(path, dpi=120)
    return Picture(path.name, "Lesion IoU against time per image")


def _canvas(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, height), layout="constrained")
    return figure, figure.subplots()


def draw_worst(one: Measured, network: Network, folder: Path, count: int = WORST) -> Picture:
    """The images with the lowest lesion IoU on one sheet: truth green, found orange."""
    worst = sorted(one.results, key=lambda result: result.metrics.lesion_iou)[:count]
    cells = [_cell(result, one, network) for result in worst]
    empty = np.zeros((_CELL, _CELL, 3), np.uint8)
    cells += [empty] * (math.ceil(len(cells) / _COLUMNS) * _COLUMNS - len(cells))
    sheet = np.vstack(
        [np.hstack(cells[start : start + _COLUMNS]) for start in range(0, len(cells), _COLUMNS)]
    )
    path = folder / f"worst-{one.method.name}.png"
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    return Picture(path.name, f"{one.method.name}: the {len(worst)} images of lowest lesion IoU")


def _cell(result: ImageResult, one: Measured, network: Network) -> NDArray[np.uint8]:
    frame = read_frame(result.sample)
    found = segment(frame, network, one.settings).mask
    truth = read_mask(result.sample.mask) > 0
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
