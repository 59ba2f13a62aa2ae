"""The report on presence: silence, false outlines and misses, with and without a lesion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.data.samples import Sample
from models.evaluation.calibration import auroc
from models.evaluation.metrics import ImageMetrics, measure
from models.evaluation.per_image import read_frame, read_truth
from models.evaluation.presence import GOOD_IOU
from worker.pipeline import Network, PipelineSettings, Segmentation, segment
from worker.pipeline.uncertainty import LOW_CONFIDENCE


@dataclass(frozen=True)
class Answered:
    """The answer to one image, compared with the truth."""

    sample: Sample
    metrics: ImageMetrics
    outlined: bool
    solid: bool
    """An outline that is at least as likely a lesion as not, so pages do not draw it dashed."""
    confident: bool
    """An outline whose mean probability is not low, in an image that is not flagged."""
    sure: bool
    """The same by the probability that the outline is a lesion, if the model gives one."""
    offered: int
    """Number of possible lesions that are not drawn."""
    presence: float | None
    correction: float
    """The uncertainty score."""
    flagged: bool
    milliseconds: float

    @property
    def has_lesion(self) -> bool:
        """Whether the truth has a lesion."""
        return self.metrics.truth > 0

    @property
    def needs_correction(self) -> bool:
        """Whether there is a miss, a false outline, or an IoU below GOOD_IOU."""
        return self.metrics.lesion_iou < GOOD_IOU


def answers(
    samples: Iterable[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: Callable[[], None] | None = None,
) -> list[Answered]:
    """Run each image through the product's pipeline.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    found = []
    for sample in samples:
        frame = read_frame(sample)
        said = segment(frame, network, settings)
        found.append(_answered(sample, said, measure(said.mask, read_truth(sample, frame))))
        if on_image:
            on_image()
    return found


def _answered(sample: Sample, said: Segmentation, metrics: ImageMetrics) -> Answered:
    return Answered(
        sample=sample,
        metrics=metrics,
        outlined=bool(said.lesions),
        solid=any(not lesion.possible for lesion in said.lesions),
        confident=not said.out_of_domain
        and any(lesion.mean_probability >= LOW_CONFIDENCE for lesion in said.lesions),
        sure=not said.out_of_domain
        and any(
            (one.mean_probability if one.probability is None else one.probability) >= LOW_CONFIDENCE
            for one in said.lesions
        ),
        offered=len(said.possible_lesions),
        presence=said.presence.probability if said.presence else None,
        correction=said.uncertainty.score,
        flagged=bool(said.out_of_domain),
        milliseconds=sum(said.timings_ms.values()),
    )


def by_source(found: Sequence[Answered]) -> dict[str, Any]:
    """Return the summary of each data set, and of all together under `all`."""
    names = sorted({one.sample.source for one in found})
    parts = {name: [one for one in found if one.sample.source == name] for name in names}
    return {name: summary(part) for name, part in {"all": found, **parts}.items()}


def summary(found: Sequence[Answered]) -> dict[str, Any]:
    """Return figures for images with a lesion, for those without, and for both."""
    lesions = [one for one in found if one.has_lesion]
    free = [one for one in found if not one.has_lesion]
    groups = [f"{one.sample.source}/{one.sample.group}" for one in found]
    scores = np.array([one.correction for one in found])
    bad = np.array([one.needs_correction for one in found], np.bool_)
    report: dict[str, Any] = {"count": len(found)}
    if lesions:
        report["lesion"] = _of_lesions([one.metrics for one in lesions], lesions)
    if free:
        report["lesion_free"] = {
            "count": len(free),
            "outlined": _share(one.outlined for one in free),
            "solid": _share(one.solid for one in free),
            "confident_and_not_flagged": _share(one.confident for one in free),
            "sure_and_not_flagged": _share(one.sure for one in free),
            "offered": _share(one.offered > 0 for one in free),
            "flagged": _share(one.flagged for one in free),
        }
    report["needs_correction"] = {
        "share": float(bad.mean()),
        "said": float(scores.mean()),
        "auroc": asdict(auroc(scores, bad, groups)),
        "ties": int(len(scores) - len(np.unique(np.round(scores, 6)))),
    }
    told = [(one.presence, one.has_lesion) for one in found if one.presence is not None]
    if len(told) == len(found):
        probability = np.array([p for p, _ in told])
        has = np.array([y for _, y in told])
        report["presence"] = {
            "said": float(probability.mean()),
            "true": float(has.mean()),
            "brier": float(np.mean((probability - has) ** 2)),
            "auroc": asdict(auroc(probability, has, groups)),
        }
    report["milliseconds"] = float(np.median([one.milliseconds for one in found]))
    return report


def _of_lesions(metrics: Sequence[ImageMetrics], lesions: Sequence[Answered]) -> dict[str, Any]:
    common = sum(m.intersection for m in metrics)
    both = sum(m.predicted + m.truth for m in metrics)
    return {
        "count": len(metrics),
        "iou_mean": float(np.mean([m.lesion_iou for m in metrics])),
        "iou_pooled": common / (both - common),
        "missed": _share(m.missed for m in metrics),
        "missed_but_offered": _share(o.metrics.missed and o.offered > 0 for o in lesions),
        "solid": _share(one.solid for one in lesions),
        "flagged": _share(one.flagged for one in lesions),
    }


def _share(values: Iterable[bool]) -> float:
    return float(np.mean(list(values)))
