"""Choosing the settings of a classical method on training images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.classical.method import Method
from models.classical.network import ClassicalNetwork
from models.classical.registry import METHODS
from models.data.samples import Sample
from models.evaluation.metrics import summarise
from models.evaluation.per_image import evaluate_samples


def fit(
    name: str,
    training: Sequence[Sample],
    area: int,
    most_images: int = 100,
    on_image: Callable[[], None] | None = None,
) -> tuple[Method, dict[str, float]]:
    """Return the settings of the method's grid with the best mean lesion IoU on training images.

    Args:
        name: name of the method in METHODS.
        training: training samples, never the images that the method is compared on.
        area: pixels that the effective area is resized to.
        most_images: maximum number of images, evenly spread over the list.
        on_image: called after each image and setting.

    Returns:
        The method, and mean lesion IoU by settings (as JSON).
    """
    places = np.unique(np.linspace(0, len(training) - 1, min(most_images, len(training))).round())
    chosen = [training[int(place)] for place in places]
    scores: dict[str, float] = {}
    best, highest = METHODS[name].grid()[0], -1.0
    for method in METHODS[name].grid():
        network = ClassicalNetwork(name, method, area)
        results = evaluate_samples(chosen, network, network.card.pipeline, on_image)
        score = float(summarise(r.metrics for r in results)["lesion_iou_mean"])
        scores[method.model_dump_json()] = score
        if score > highest:
            best, highest = method, score
    return best, scores
