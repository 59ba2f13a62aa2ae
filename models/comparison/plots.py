"""Plots of a comparison, as SVG: they show figures, not images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from models.comparison.document import Picture
from models.comparison.runs import Measured

_COLOURS = {
    "classical": "#8a94a0",
    "network": "#3b82c4",
    "model": "#d97a1f",
    "variant": "#b9a06a",
}
_SHOWN = {
    "classical": "classical",
    "network": "trained under the budget",
    "model": "shipped",
    "variant": "shipped, one thing changed",
}
_BAR_HEIGHT = 0.3
"""Inches."""


def draw_plots(
    rows: Sequence[dict[str, Any]],
    changes: Sequence[dict[str, Any]],
    measured: Sequence[Measured],
    folder: Path,
) -> list[Picture]:
    """Plot lesion IoU with intervals, its distribution, IoU against time, and gains of changes."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = [_intervals(rows, folder), _distribution(measured, folder)]
    if any(row["timing"] for row in rows):
        plots.append(_against_time(rows, folder))
    curves = [row for row in rows if len(row["validation_curve"] or ()) > 1]
    if curves:
        plots.append(_curves(curves, folder))
    if changes:
        plots.append(_changes(changes, folder))
    return plots


def _intervals(rows: Sequence[dict[str, Any]], folder: Path) -> Picture:
    ordered = sorted(rows, key=lambda row: row["lesion_iou_mean"])
    means = np.array([row["lesion_iou_mean"] for row in ordered])
    bounds = np.array([row["lesion_iou_interval"] for row in ordered])
    # A percentile interval of few groups may not contain the mean.
    reach = np.maximum(0, np.abs([means - bounds[:, 0], bounds[:, 1] - means]))
    figure, axes = _canvas(1.2 + _BAR_HEIGHT * len(ordered))
    axes.barh(
        [row["name"] for row in ordered],
        means,
        xerr=reach,
        color=[_COLOURS[row["kind"]] for row in ordered],
        ecolor="black",
        capsize=2.5,
    )
    for kind in dict.fromkeys(row["kind"] for row in rows):
        axes.barh([ordered[0]["name"]], [0], color=_COLOURS[kind], label=_SHOWN[kind])
    axes.legend(loc="lower right", frameon=False)
    axes.set(xlim=(0, 1), xlabel="lesion IoU, mean per image with 95 % interval")
    return _saved(figure, folder / "lesion-iou.svg", "Lesion IoU of each row with its interval")


def _distribution(measured: Sequence[Measured], folder: Path) -> Picture:
    shown = [one for one in measured if one.method.of is None]
    ordered = sorted(
        shown or measured, key=lambda m: np.median([r.metrics.lesion_iou for r in m.results])
    )
    figure, axes = _canvas(1.2 + _BAR_HEIGHT * len(ordered))
    boxes = axes.boxplot(
        [[r.metrics.lesion_iou for r in one.results] for one in ordered],
        orientation="horizontal",
        tick_labels=[one.method.name for one in ordered],
        patch_artist=True,
        widths=0.6,
        flierprops={"marker": ".", "markersize": 2, "markeredgecolor": "#8a94a0"},
        medianprops={"color": "black"},
    )
    for box, one in zip(boxes["boxes"], ordered, strict=True):
        box.set(facecolor=_COLOURS[one.kind], alpha=0.7)
    axes.set(xlim=(0, 1), xlabel="lesion IoU of an image")
    return _saved(
        figure, folder / "distribution.svg", "How the lesion IoU is spread over the images"
    )


def _against_time(rows: Sequence[dict[str, Any]], folder: Path) -> Picture:
    figure, axes = _canvas(5.5)
    for row in rows:
        if row["timing"] and row["of"] is None:
            place = (row["timing"]["network_ms"], row["lesion_iou_mean"])
            axes.scatter(*place, color=_COLOURS[row["kind"]])
            axes.annotate(row["name"], place, xytext=(4, 3), textcoords="offset points", fontsize=8)
    axes.set(xscale="log", xlabel="network or method, ms per image on the CPU", ylabel="lesion IoU")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.xaxis.set_minor_formatter("{x:g}")
    return _saved(figure, folder / "time.svg", "Lesion IoU against time per image")


def _curves(rows: Sequence[dict[str, Any]], folder: Path) -> Picture:
    figure, axes = _canvas(5.5)
    for row in rows:
        curve = row["validation_curve"]
        steps, ious = ([point[key] for point in curve] for key in ("steps", "lesion_iou"))
        axes.plot(steps, ious, marker="o", markersize=3, label=row["name"])
    axes.set(xlabel="optimisation steps", ylabel="lesion IoU of the network alone", xlim=(0, None))
    axes.legend(loc="best", frameon=False, fontsize=8)
    return _saved(figure, folder / "curves.svg", "Validation curves of the networks")


def _changes(changes: Sequence[dict[str, Any]], folder: Path) -> Picture:
    ordered = [*reversed(changes)]
    figure, axes = _canvas(1.2 + 1.3 * _BAR_HEIGHT * len(ordered))
    places = np.arange(len(ordered))
    for offset, key, colour, label in (
        (0.15, "lesion_iou_gain", "#3b82c4", "lesion IoU"),
        (-0.15, "boundary_f_gain", "#d97a1f", "boundary F"),
    ):
        means, lows, highs = np.array([change[key] for change in ordered]).T
        reach = np.maximum(0, [means - lows, highs - means])
        axes.errorbar(
            means, places + offset, xerr=reach, fmt="o", color=colour, label=label, capsize=2.5
        )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(places, [f"{change['name']} against {change['of']}" for change in ordered])
    axes.set(xlabel="difference, mean per image with 95 % interval")
    axes.legend(loc="best", frameon=False)
    return _saved(figure, folder / "changes.svg", "What each change does to the row it is held to")


def _canvas(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _saved(figure: Figure, path: Path, shows: str) -> Picture:
    # The same figures give the same file; text stays text.
    with mpl.rc_context({"svg.hashsalt": "comparison", "svg.fonttype": "none"}):
        figure.savefig(path, transparent=True, metadata={"Date": None})
    return Picture(path.name, shows)
