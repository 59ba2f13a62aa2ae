"""Does the same view with and without calipers get the same mask?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.samples import Sample, read_sample_mask
from models.evaluation.per_image import read_frame
from worker.pipeline import (
    Network,
    PipelineSettings,
    segment,
)
from worker.pipeline.overlap import dice


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two views of one group."""

    group: str
    first: str
    second: str
    predicted_dice: float
    """Dice of the model's two masks."""
    truth_dice: float
    """Dice of the two masks that people drew: the expected value, as views differ slightly."""


def groups_of_views(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Return groups of at least two near-identical views, in order of their first sample."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(f"{sample.source}/{sample.group}", []).append(sample)
    return [views for views in groups.values() if len(views) > 1]


def agreements(
    groups: Sequence[Sequence[Sample]],
    network: Network,
    settings: PipelineSettings,
    on_group: Callable[[], None] | None = None,
) -> list[PairAgreement]:
    """Run every pair of views in each group through the product's pipeline.

    Masks of another size are resized to that of the first view.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found = []
    for views in groups:
        shown = [(sample, *_masks(sample, network, settings)) for sample in views]
        for (first, found_a, truth_a), (second, found_b, truth_b) in combinations(shown, 2):
            found.append(
                PairAgreement(
                    group=first.group,
                    first=first.id,
                    second=second.id,
                    predicted_dice=dice(found_a, _fitted(found_b, found_a.shape)),
                    truth_dice=dice(truth_a, _fitted(truth_b, truth_a.shape)),
                )
            )
        if on_group:
            on_group()
    return found


def _masks(
    sample: Sample, network: Network, settings: PipelineSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the model's mask and the one that people drew, bool [H,W] both."""
    frame = read_frame(sample)
    drawn = read_sample_mask(sample, frame.height, frame.width) > 0
    return segment(frame, network, settings).mask, drawn


def _fitted(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if mask.shape == shape:
        return mask
    resized = cv2.resize(
        mask.astype(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST
    )
    return resized > 0


def summarise_pairs(pairs: Sequence[PairAgreement]) -> dict[str, float | int]:
    """Return means over groups, so that a group of many views does not outvote one of two.

    `consistency` is the model's agreement between views as a share of the agreement of people.

    Raises:
        ValueError: there are no pairs.
    """
    if not pairs:
        raise ValueError("there are no pairs to summarise")
    groups = sorted({pair.group for pair in pairs})

    def mean(field: str) -> float:
        per_group = [
            np.mean([getattr(p, field) for p in pairs if p.group == group]) for group in groups
        ]
        return float(np.mean(per_group))

    predicted, truth = mean("predicted_dice"), mean("truth_dice")
    return {
        "groups": len(groups),
        "pairs": len(pairs),
        "predicted_dice": predicted,
        "truth_dice": truth,
        "consistency": predicted / truth if truth else 0.0,
    }
