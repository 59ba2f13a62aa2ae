"""Choosing calibration, threshold and pipeline stages of a trained network.

Everything is chosen on one part of the held-out samples, and confirmed and reported on other
patients: the other half, or, if halves are small, all patients in turn
(`models.packaging.parting`). A stage that costs time or changes the image (denoising, CRF) stays
off unless it also helps on patients that it was not chosen on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import optimize

from models.data.samples import Sample, read_sample_mask
from models.evaluation.metrics import iou, summarise
from models.evaluation.per_image import ImageResult, evaluate_samples, read_frame
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.parting import Parting
from worker.pipeline import (
    Calibration,
    CrfSettings,
    MorphologySettings,
    Network,
    PipelineSettings,
    segment,
)
from worker.pipeline.settings import TtaName

DENOISE_SIGMAS = (1.0, 2.0)
THRESHOLDS = tuple(round(float(value), 2) for value in np.arange(0.25, 0.7, 0.05))
MORPHOLOGIES = tuple(
    MorphologySettings(opening_radius=radius, min_area_fraction=share)
    for radius, share in product((0.0, 1.0, 2.0), (0.0005, 0.002))
)
"""The gentlest first."""
CRFS = tuple(
    CrfSettings(
        engine="grid",
        iterations=5,
        appearance_weight=weight,
        appearance_sigma_xy=sigma_xy,
        appearance_sigma_intensity=sigma_intensity,
        smoothness_weight=1.0,
    )
    for weight, sigma_xy, sigma_intensity in product(
        (1.0, 2.0, 4.0), (4.0, 8.0, 16.0), (3.0, 6.0, 12.0)
    )
)
MINIMAL_GAIN = 0.001
"""A smaller change of mean IoU or boundary F does not count."""

_EVERY = 7
"""Stride of the pixels used in the calibration; neighbours carry the same information."""

OnImage = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Score:
    """Means over data sets, so that a large set does not outvote a small one."""

    lesion_iou: float
    boundary_f: float

    def beats(self, other: Score) -> bool:
        """Whether one figure is better by at least MINIMAL_GAIN, and the other loses less than that
        or less than a tenth of the gain."""
        gains = (self.lesion_iou - other.lesion_iou, self.boundary_f - other.boundary_f)
        gain, loss = max(gains), -min(gains)
        return gain >= MINIMAL_GAIN and loss < max(MINIMAL_GAIN, gain / 10)


@dataclass(frozen=True, slots=True)
class Tuned:
    """The settings that tuning chose, and the alternatives to report beside them."""

    calibration: Calibration
    settings: PipelineSettings
    candidates: dict[str, PipelineSettings]
    """Settings that differ from the chosen ones in one stage, by name."""
    crossed: list[Calibration]
    """A calibration for each part of the split, fitted without the patients that it judges."""


def score(results: Sequence[ImageResult]) -> Score:
    """Return the mean over the data sets of their means per image."""
    overall = [
        summarise(r.metrics for r in results if r.sample.source == source)
        for source in sorted({result.sample.source for result in results})
    ]
    return Score(
        float(np.mean([o["lesion_iou_mean"] for o in overall])),
        float(np.mean([o["boundary_f_mean"] for o in overall])),
    )


class _Measured:
    """Results of settings on samples, each measured once."""

    def __init__(self, network: RememberingNetwork, on_image: OnImage | None) -> None:
        self._network = network
        self._on_image = on_image
        self._known: dict[str, dict[Sample, ImageResult]] = {}

    def results(self, settings: PipelineSettings, samples: Sequence[Sample]) -> list[ImageResult]:
        """Return the result on each sample, in order."""
        known = self._known.setdefault(settings.model_dump_json(), {})
        new = [one for one in samples if one not in known]
        for result in evaluate_samples(new, self._network, settings, self._on_image):
            known[result.sample] = result
        return [known[one] for one in samples]

    def best(
        self, stage: Sequence[PipelineSettings], samples: Sequence[Sample]
    ) -> PipelineSettings:
        """Return the settings with the highest score."""
        scored = [(one, score(self.results(one, samples))) for one in stage]
        return max(scored, key=lambda pair: pair[1].lesion_iou + pair[1].boundary_f)[0]

    def beats(
        self, settings: PipelineSettings, other: PipelineSettings, samples: Sequence[Sample]
    ) -> bool:
        """Return whether the first settings are better on these samples."""
        one, two = (score(self.results(each, samples)) for each in (settings, other))
        return one.beats(two)

    def confirmed(
        self, stage: Sequence[PipelineSettings], without: PipelineSettings, parting: Parting
    ) -> bool:
        """Return whether a stage's best setting beats leaving it off, on other patients."""
        chosen, plain = list[ImageResult](), list[ImageResult]()
        for fitted, judged in parting.parts:
            chosen += self.results(self.best(stage, fitted), judged)
            plain += self.results(without, judged)
        return score(chosen).beats(score(plain))


def tune_pipeline(
    parting: Parting,
    network: RememberingNetwork,
    on_image: OnImage | None = None,
    tta: TtaName = "none",
) -> Tuned:
    """Choose everything on the fitted part, stage after stage in the order of the pipeline.

    The patients that a part judges can only veto denoising and CRF. `on_image` is called at most
    `passes()` times per sample used for choosing, and once for each that confirms. `tta` is not
    chosen: it doubles the network's time.
    """
    tuning = parting.fitted
    settings = PipelineSettings(tta=tta, morphology=MorphologySettings(enabled=False))
    measured = _Measured(network, on_image)
    denoised = [settings.model_copy(update={"denoise_sigma": sigma}) for sigma in DENOISE_SIGMAS]
    best = measured.best(denoised, tuning)
    if measured.beats(best, settings, tuning) and measured.confirmed(denoised, settings, parting):
        settings = best

    calibration = calibrate(tuning, network, settings, on_image)
    crossed = _crossed(parting, calibration, network, settings)
    network = network.recalibrated(network.card.model_copy(update={"calibration": calibration}))
    measured = _Measured(network, on_image)
    settings = settings.model_copy(update={"threshold": calibration.threshold})

    refined = [settings.model_copy(update={"crf": each}) for each in CRFS]
    best = measured.best(refined, tuning)
    # The card keeps the best weights even if the CRF is off: `--crf grid` then uses them.
    weights = best.crf
    off = weights.model_copy(update={"engine": "none"})
    helps = measured.beats(best, settings, tuning)
    helps = helps and measured.confirmed(refined, settings, parting)
    settings = settings.model_copy(update={"crf": weights if helps else off})

    # The gentlest cleaning is kept unless a stronger one beats it: small lesions are at stake.
    gentle, *stronger = [settings.model_copy(update={"morphology": each}) for each in MORPHOLOGIES]
    best = measured.best(stronger, tuning)
    settings = best if measured.beats(best, gentle, tuning) else gentle

    candidates = {
        "CRF on": settings.model_copy(update={"crf": weights}),
        "CRF off": settings.model_copy(update={"crf": off}),
        "no morphology": settings.model_copy(
            update={"morphology": MorphologySettings(enabled=False)}
        ),
        "no denoising": settings.model_copy(update={"denoise_sigma": 0.0}),
        **{
            f"denoising, sigma {sigma:g} px": settings.model_copy(update={"denoise_sigma": sigma})
            for sigma in DENOISE_SIGMAS
        },
        "flip" if tta == "none" else "no flip": settings.model_copy(
            update={"tta": "flip" if tta == "none" else "none"}
        ),
        "no crop": settings.model_copy(update={"crop": False}),
    }
    candidates = {name: one for name, one in candidates.items() if one != settings}
    return Tuned(calibration, settings, candidates, crossed)


def tune_like(
    parting: Parting,
    network: RememberingNetwork,
    like: PipelineSettings,
    on_image: OnImage | None = None,
    tta: TtaName = "none",
) -> Tuned:
    """Choose only temperature and threshold, and take all other stages from other settings.

    For weights trained slightly further from a model whose pipeline was tuned: choosing every stage
    again takes `passes()` runs over the images.
    """
    bare = PipelineSettings(
        tta=tta, denoise_sigma=like.denoise_sigma, morphology=MorphologySettings(enabled=False)
    )
    calibration = calibrate(parting.fitted, network, bare, on_image)
    return Tuned(
        calibration,
        like.model_copy(update={"threshold": calibration.threshold, "tta": tta}),
        {},
        _crossed(parting, calibration, network, bare),
    )


def _crossed(
    parting: Parting, calibration: Calibration, network: Network, bare: PipelineSettings
) -> list[Calibration]:
    if not parting.crossed:
        return [calibration]
    return [calibrate(fitted, network, bare) for fitted, _ in parting.parts]


def calibrations_of(parting: Parting, network: Network) -> dict[Sample, Calibration]:
    """Return each judged image's calibration from other patients, with the card's pipeline."""
    settings = network.card.pipeline
    bare = PipelineSettings(
        tta=settings.tta,
        denoise_sigma=settings.denoise_sigma,
        morphology=MorphologySettings(enabled=False),
    )
    found: dict[Sample, Calibration] = {}
    for fitted, judged in parting.parts:
        found |= dict.fromkeys(judged, calibrate(fitted, network, bare))
    return found


def passes() -> int:
    """Return how many times `tune_pipeline` runs over the images that it chooses on."""
    return 1 + len(DENOISE_SIGMAS) + 2 + len(MORPHOLOGIES) + len(CRFS)


def calibrate(
    samples: Sequence[Sample],
    network: Network,
    settings: PipelineSettings,
    on_image: OnImage | None = None,
) -> Calibration:
    """Fit the temperature of least cross-entropy, then the threshold of highest mean IoU; if no
    image shows a lesion, keep the threshold of the network's card.

    Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017). `settings` must run
    neither CRF nor morphology.
    """
    temperature_before = network.card.calibration.temperature
    logits, labels, weights, masks = [], [], [], []
    sources = [sample.source for sample in samples]
    for sample in samples:
        probability = segment(read_frame(sample), network, settings).probability
        truth = read_sample_mask(sample, *probability.shape) > 0
        # Half precision is enough for a sweep and saves memory on full frames.
        masks.append((sample.source, probability.astype(np.float16), truth))
        inside = np.flatnonzero(probability)[::_EVERY]
        p = probability.ravel()[inside].astype(np.float64).clip(1e-7, 1 - 1e-7)
        logits.append(np.log(p / (1 - p)) * temperature_before)
        labels.append(truth.ravel()[inside])
        weights.append(np.full(inside.size, 1 / (inside.size * sources.count(sample.source))))
        if on_image:
            on_image()
    x, y, weight = (np.concatenate(parts) for parts in (logits, labels, weights))

    def cross_entropy(log_temperature: float) -> float:
        z = x * np.exp(-log_temperature)
        return float(np.sum(weight * (np.logaddexp(0, z) - y * z)))

    found = optimize.minimize_scalar(cross_entropy, bounds=(-2, 2), method="bounded")
    temperature = round(float(np.exp(found.x)), 3)

    def mean_iou_at(threshold: float) -> float:
        # The same threshold, on the probability with the card's temperature.
        logit = np.log(threshold / (1 - threshold)) * temperature / temperature_before
        cut = 1 / (1 + np.exp(-logit))
        by_source: dict[str, list[float]] = {}
        for source, probability, truth in masks:
            if truth.any():  # if there is nothing to outline, every high threshold is right
                by_source.setdefault(source, []).append(iou(probability >= cut, truth))
        return float(np.mean([np.mean(values) for values in by_source.values()]))

    threshold = network.card.calibration.threshold
    if any(truth.any() for _, _, truth in masks):
        threshold = max(THRESHOLDS, key=mean_iou_at)
    return Calibration(temperature=temperature, threshold=threshold)
