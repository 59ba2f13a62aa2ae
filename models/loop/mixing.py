"""The shares of the fine-tuned and of the parent's weights in the candidate.

The mean of both kept the parent's accuracy on the parent's data and the gain on the new data
(Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from models.architectures.networks import NetworkConfig
from models.data.classes import ClassLabels
from models.data.samples import Sample
from models.training.initial import blended
from models.training.validation import class_scores_by_source, lesion_iou_by_source

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the fine-tuned weights; 0 is the parent."""
CAUTIOUS = (0.5, 0.25)
"""Tried in this order if there are too few validation patients to choose by."""
TIE = 0.001
"""A smaller gain does not count: the share closer to the parent is taken."""
MOST_LOST = 0.01
"""The most lesion IoU that a mixture may lose on the parent's data."""


@dataclass(frozen=True)
class Mixing:
    """The choice.

    Attributes:
        share: share of the fine-tuned weights.
        curve: mean lesion IoU on the validation images by share and data set.
        judged: whether the curve decided; if not, there were too few patients, and it only warned.
    """

    share: float
    curve: dict[str, dict[str, float]]
    judged: bool


def choose(
    network: NetworkConfig,
    tuned: Mapping[str, Tensor],
    parent: Mapping[str, Tensor],
    validation: Sequence[Sample],
    source: str,
    area: int,
    *,
    judged: bool,
    labels: ClassLabels | None = None,
    new_classes: bool = False,
    progress: Callable[[float], None] = lambda share: None,
) -> Mixing:
    """Measure the mixtures on the validation images and take one.

    Args:
        source: name of the data set that should gain; the others are the parent's.
        area: pixels of the network input.
        judged: whether there are enough validation patients.
        labels: reads the images with the network's classes; if they are named, mIoU is measured.
        new_classes: whether the parent does not know these classes and so cannot be taken.
    """
    built = network.build()
    curve: dict[str, dict[str, float]] = {}
    for number, share in enumerate(SHARES):
        built.load_state_dict(mixed(tuned, parent, share))
        if labels is None:
            found = lesion_iou_by_source(built, validation, area)
        else:
            scores = class_scores_by_source(built, validation, labels, area)
            found = {name: one.score for name, one in scores.items()}
        curve[f"{share:g}"] = {name: round(value, 5) for name, value in found.items()}
        progress((number + 1) / len(SHARES))
    if not judged:
        return Mixing(CAUTIOUS[0] if new_classes else cautious(curve, source), curve, judged)
    share = best(curve, source)
    if share == 0 and new_classes:
        share = max(SHARES[1:], key=lambda one: curve[f"{one:g}"][source])
    return Mixing(share, curve, judged)


def best(curve: Mapping[str, Mapping[str, float]], source: str) -> float:
    """Return the smallest share whose gain is within `TIE` of the largest, and that loses no more
    than `MOST_LOST` on the parent's data."""
    shares = [share for share in curve if _keeps(curve, source, share)]
    most = max(curve[share][source] for share in shares)
    return min(float(share) for share in shares if curve[share][source] >= most - TIE)


def cautious(curve: Mapping[str, Mapping[str, float]], source: str) -> float:
    """Return a half or a quarter of the new weights: the first that is better than the parent on
    the few validation images and loses no more than `MOST_LOST` on the parent's data. Return 0, the
    parent, if neither is."""
    for share in CAUTIOUS:
        gains = curve[f"{share:g}"][source] > curve["0"][source]
        if gains and _keeps(curve, source, f"{share:g}"):
            return share
    return 0.0


def _keeps(curve: Mapping[str, Mapping[str, float]], source: str, share: str) -> bool:
    parent = curve["0"]
    others = [name for name in parent if name != source]
    return all(curve[share][name] >= parent[name] - MOST_LOST for name in others)


def mixed(
    tuned: Mapping[str, Tensor], parent: Mapping[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Return the weighted mean of both."""
    if share == 0:
        return dict(parent)
    return blended(dict(tuned), dict(parent), share)
