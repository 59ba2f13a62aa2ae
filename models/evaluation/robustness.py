"""Robustness of masks on images that look different or show no lesion.

The held-out images run through the product's pipeline under each variation of
:mod:`models.evaluation.variations`, and so does the tissue beside their lesions, where every
outline is a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from models.data.augment import beside_lesion
from models.data.samples import Pixels, Sample
from models.evaluation.metrics import iou
from models.evaluation.per_image import read_frame, read_truth
from models.evaluation.variations import VARIATIONS
from worker.pipeline import (
    Frame,
    Network,
    PipelineSettings,
    Segmentation,
    segment,
)
from worker.pipeline.uncertainty import LOW_CONFIDENCE

UNCHANGED = next(iter(VARIATIONS))


def robustness_rows(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
    names: Sequence[str] = tuple(VARIATIONS),
) -> list[dict[str, Any]]:
    """Return one row per data set and variation: mean lesion IoU, and by how much it fell.

    A view in which nothing of the lesion is left is not counted. `worse` is the share of the
    images that lose more than 0.1 of IoU.

    Args:
        samples: images with masks.
        network, settings: the network and settings to run.
        on_image: called after each image.
        names: names from `VARIATIONS`; the unchanged image is always included.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found: dict[tuple[str, str], list[tuple[float, float, bool]]] = {}
    for sample in samples:
        pixels = _read(sample)
        before = 0.0
        for name in dict.fromkeys((UNCHANGED, *names)):
            view = VARIATIONS[name](pixels)
            said = segment(Frame(view.image), network, settings)
            if view.mask.any():
                now = iou(said.mask, view.mask > 0)
                before = now if name == UNCHANGED else before
                row = (now, now - before, bool(said.out_of_domain))
                found.setdefault((sample.source, name), []).append(row)
        if on_image:
            on_image()
    rows = []
    for (source, name), values in sorted(
        found.items(), key=lambda item: (item[0][0], list(VARIATIONS).index(item[0][1]))
    ):
        reached, change, flagged = (np.array(column, float) for column in zip(*values, strict=True))
        rows.append(
            {
                "source": source,
                "variation": name,
                "count": len(values),
                "lesion_iou_mean": float(reached.mean()),
                "change": float(change.mean()),
                "worse": float((change < -0.1).mean()),
                "out_of_domain": float(flagged.mean()),
            }
        )
    return rows


def false_alarms(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """Return one row per data set: what is outlined in the tissue beside the lesions.

    `alarms` is the share of views with any outline, `confident` that of views with an outline whose
    mean probability is not low, `marked` the mean share of the view that is outlined. An image
    without a broad strip beside its lesion is not counted.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found: dict[str, list[Segmentation]] = {}
    for sample in samples:
        view = beside_lesion(_read(sample))
        if not view.mask.any():
            said = segment(Frame(np.ascontiguousarray(view.image)), network, settings)
            found.setdefault(sample.source, []).append(said)
        if on_image:
            on_image()
    return [
        {
            "source": source,
            "count": len(views),
            "alarms": _share(bool(view.lesions) for view in views),
            "confident": _share(
                any(lesion.mean_probability >= LOW_CONFIDENCE for lesion in view.lesions)
                for view in views
            ),
            "marked": float(np.mean([view.mask.mean() for view in views])),
            "out_of_domain": _share(bool(view.out_of_domain) for view in views),
        }
        for source, views in sorted(found.items())
    ]


def _read(sample: Sample) -> Pixels:
    frame = read_frame(sample)
    return Pixels(frame.pixels, read_truth(sample, frame).astype(np.uint8))


def _share(values: Iterable[bool]) -> float:
    return float(np.mean(list(values)))
