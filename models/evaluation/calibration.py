"""Whether probabilities are calibrated, and whether uncertainty finds the bad masks.

The expected calibration error follows Naeini et al., "Obtaining Well Calibrated Probabilities Using
Bayesian Binning" (AAAI 2015), here for the lesion probability per pixel, with equal weight for
every image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import rankdata

BINS = 15
BAD_IOU = 0.5
"""A person has to redraw a mask below this IoU."""
_SEED = 0


@dataclass(frozen=True)
class Reliability:
    """Observed frequency of lesion by predicted probability.

    Attributes:
        weight: [BINS], share of the pixels whose probability lies in the bin; sums to 1.
        said: [BINS], their mean predicted probability.
        true: [BINS], the share of them that is lesion.
    """

    weight: NDArray[np.float64]
    said: NDArray[np.float64]
    true: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the two over all pixels."""
        return float(np.sum(self.weight * np.abs(self.said - self.true)))

    @property
    def unsure_error(self) -> float:
        """The same over the pixels in neither the first nor the last bin.

        Most of an image is certain background, which makes any error over all pixels look small.
        """
        inner = self.weight[1:-1]
        gaps = np.abs(self.said - self.true)[1:-1]
        return float(np.sum(inner * gaps) / inner.sum()) if inner.sum() else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "expected_calibration_error": self.error,
            "of_unsure_pixels": self.unsure_error,
            "bins": {
                "weight": self.weight.tolist(),
                "said": self.said.tolist(),
                "true": self.true.tolist(),
            },
        }


class ReliabilityCounter:
    """Accumulates images, each with the same weight."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, BINS))
        self._images = 0

    def add(self, probability: NDArray[np.float32], truth: NDArray[np.bool_]) -> None:
        """Add an image: probability in [0, 1] and truth of the same shape."""
        p = probability.ravel().astype(np.float64)
        place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
        each = 1 / p.size
        self._sums[0] += np.bincount(place, minlength=BINS) * each
        self._sums[1] += np.bincount(place, p, minlength=BINS) * each
        self._sums[2] += np.bincount(place, truth.ravel(), minlength=BINS) * each
        self._images += 1

    def result(self) -> Reliability:
        """Return the reliability of all images added so far.

        Raises:
            ValueError: no image was added.
        """
        if not self._images:
            raise ValueError("there are no images to count")
        weight = self._sums[0]
        filled = np.where(weight > 0, weight, 1.0)
        return Reliability(weight / self._images, self._sums[1] / filled, self._sums[2] / filled)


@dataclass(frozen=True)
class Auroc:
    """Area under the ROC curve with its 95 % bootstrap interval; None without both kinds."""

    value: float | None
    low: float | None
    high: float | None
    bad: int
    count: int


def auroc(
    score: NDArray[np.float64],
    bad: NDArray[np.bool_],
    groups: Sequence[str],
    resamples: int = 1000,
) -> Auroc:
    """Return how well a score ranks the bad before the good: 1 is perfect, 0.5 is chance.

    It is the probability that a bad one scores higher than a good one (Hanley and McNeil, Radiology
    1982). The interval resamples groups, not images, as images of one patient are alike.

    Args:
        score: [N], high for those expected to be bad.
        bad: [N].
        groups: [N], the subject of each.
        resamples: number of bootstrap resamples of the groups.
    """
    count, number = len(score), int(bad.sum())
    if number in (0, count):
        return Auroc(None, None, None, number, count)
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    images_of = [np.flatnonzero(member == index) for index in range(len(names))]
    generator = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(resamples):
        chosen = generator.integers(0, len(names), len(names))
        picked = np.concatenate([images_of[index] for index in chosen])
        if bad[picked].any() and not bad[picked].all():
            drawn.append(_area(score[picked], bad[picked]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Auroc(_area(score, bad), float(low), float(high), number, count)


def _area(score: NDArray[np.float64], bad: NDArray[np.bool_]) -> float:
    ranks = rankdata(score)
    number = int(bad.sum())
    excess = ranks[bad].sum() - number * (number + 1) / 2
    return float(excess / (number * (len(score) - number)))


def draw_reliability(curves: dict[str, dict[str, Reliability]], path: Path) -> None:
    """Draw one plot per data set, with a curve for each of its named reliabilities.

    Args:
        curves: reliabilities by data set and name, such as `before` and `after`.
        path: PNG or SVG to write.
    """
    with mpl.rc_context({"svg.hashsalt": "reliability", "font.size": 9}):
        figure = Figure(figsize=(3.6 * len(curves), 3.6), layout="constrained")
        for index, (source, by_name) in enumerate(curves.items()):
            axes = figure.add_subplot(1, len(curves), index + 1)
            axes.plot([0, 1], [0, 1], color="0.75", linewidth=1)
            for name, found in by_name.items():
                shown = found.weight > 0
                label = f"{name}: ECE {found.error:.3f}, unsure {found.unsure_error:.3f}"
                axes.plot(found.said[shown], found.true[shown], marker="o", ms=3, label=label)
            axes.set(
                title=source, xlabel="probability given", ylabel="share that is lesion", aspect=1
            )
            axes.legend(fontsize=7, frameon=False, loc="upper left")
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, dpi=150, metadata=metadata)
