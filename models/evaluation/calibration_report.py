"""Calibration of a model on samples, and whether its uncertainty ranks the bad masks first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from models.data.samples import Sample
from models.evaluation.calibration import (
    BAD_IOU,
    Reliability,
    ReliabilityCounter,
    auroc,
)
from models.evaluation.metrics import iou
from models.evaluation.per_image import read_frame, read_truth
from models.evaluation.remembering_network import RememberingNetwork
from worker.pipeline import (
    Calibration,
    CrfSettings,
    MorphologySettings,
    Network,
    PipelineSettings,
    segment,
)

BEFORE, AFTER, SHOWN = "temperature 1", "tuned temperature", "after the CRF"


@dataclass(frozen=True, slots=True)
class Judged:
    """One image: how good the mask is, and how uncertain the pipeline was."""

    sample: Sample
    iou: float
    uncertainty: float


def measure_calibration(
    samples: Sequence[Sample],
    network: Network,
    on_image: Callable[[], None] | None = None,
    calibrations: Mapping[Sample, Calibration] | None = None,
) -> tuple[dict[str, dict[str, Reliability]], list[Judged]]:
    """Measure reliability by data set and by :data:`BEFORE`, :data:`AFTER` and :data:`SHOWN`.

    The pixels are those of the effective area. The training domain does not affect the reliability,
    but it affects the uncertainty.

    Args:
        calibrations: calibration of each sample, fitted on other patients; the card's by default.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    whole = PipelineSettings.for_card(network.card)
    cold = Calibration(temperature=1.0, threshold=network.card.calibration.threshold)
    counters: dict[str, dict[str, ReliabilityCounter]] = {}
    judged = []
    for sample in samples:
        frame = read_frame(sample)
        truth = read_truth(sample, frame)
        card, settings = network.card, whole
        if calibrations is not None:
            card = card.model_copy(update={"calibration": calibrations[sample]})
            settings = whole.model_copy(update={"threshold": calibrations[sample].threshold})
        bare = settings.model_copy(
            update={
                "crf": CrfSettings(engine="none"),
                "morphology": MorphologySettings(enabled=False),
            }
        )
        once = RememberingNetwork(network, card)
        alone = once.without_domain()
        before = once.recalibrated(card.model_copy(update={"calibration": cold}))
        answers = {
            BEFORE: segment(frame, before.without_domain(), bare),
            AFTER: segment(frame, alone, bare),
            SHOWN: segment(frame, alone, settings),
        }
        own = counters.setdefault(sample.source, {name: ReliabilityCounter() for name in answers})
        for name, said in answers.items():
            area = said.crop.slices
            own[name].add(said.probability[area], truth[area])
        shown = segment(frame, once, settings)
        judged.append(Judged(sample, iou(shown.mask, truth), shown.uncertainty.score))
        if on_image:
            on_image()
    curves = {
        source: {name: counter.result() for name, counter in own.items()}
        for source, own in sorted(counters.items())
    }
    return curves, judged


def ranking(judged: Sequence[Judged]) -> dict[str, Any]:
    """Measure how well uncertainty finds masks below :data:`BAD_IOU`, overall and by data set.

    `rank_correlation` is Spearman's, of uncertainty and IoU.
    """
    parts = {"all": list(judged)}
    for source in sorted({one.sample.source for one in judged}):
        parts[source] = [one for one in judged if one.sample.source == source]
    report = {}
    for name, part in parts.items():
        score = np.array([one.uncertainty for one in part])
        reached = np.array([one.iou for one in part])
        groups = [f"{one.sample.source}/{one.sample.group}" for one in part]
        report[name] = {
            "auroc": asdict(auroc(score, reached < BAD_IOU, groups)),
            "rank_correlation": float(spearmanr(score, reached)[0]) if len(part) > 1 else None,
        }
    return report
