"""The pipeline as one pure function: frame, network and settings in, segmentation out.

crop, denoise, network, CRF, morphology, lesions. The worker, the command line, the evaluation of
models and the benchmarks all call it, so a published figure describes what users get.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.classes import (
    class_probabilities,
    cleaned,
    confidence,
    enlarged,
    find_classed_lesions,
    likeliest,
    refined,
)
from worker.pipeline.crf import PottsParameters, engine, unary_logits
from worker.pipeline.crop import effective_area
from worker.pipeline.denoise import denoise
from worker.pipeline.frame import Frame, Region, Spacing, to_grey
from worker.pipeline.lesions import Lesion, find_lesions
from worker.pipeline.morphology import clean
from worker.pipeline.network import (
    FitSize,
    Network,
    NetworkOutput,
    resize_to_fit,
    to_probability,
    unfit,
)
from worker.pipeline.overlay import draw_overlay
from worker.pipeline.presence import (
    Evidence,
    Presence,
    PresenceModel,
    at_least,
    erased,
    image_features,
    outline_features,
)
from worker.pipeline.settings import PipelineSettings
from worker.pipeline.uncertainty import (
    LOW_CONFIDENCE,
    Uncertainty,
    expected_dice,
    expected_iou,
    judge,
)

Progress = Callable[[str, float], None]
"""Called with the stage that begins and the share (0 to 1) of the work already done."""

LEAST_TRUST = 0.4
"""Below this, nothing is outlined. Above it, an image unlike the training images keeps its
outlines, but with low confidence.
"""

STAGES = {
    "crop": 0.0,
    "denoise": 0.04,
    "network": 0.06,
    "crf": 0.7,
    "morphology": 0.88,
    "lesions": 0.9,
}
"""The stages in order, and the typical share of the time that has passed when each begins."""


@dataclass(frozen=True)
class Segmentation:
    """The pipeline's answer for a frame, all in coordinates of that frame.

    Attributes:
        mask: bool [H,W].
        probability: float32 [H,W] after the CRF, 0 outside the crop; reduced if the image is not
            like the training images.
        lesions: largest first.
        possible_lesions: outlines that are more likely no lesion; not in the mask, offered to a
            person.
        crop: the effective area that was segmented.
        uncertainty: score and reasons.
        presence: whether there is a lesion at all; None if the model cannot tell.
        out_of_domain: the image is not like the training images; None if the model cannot tell.
        timings_ms: milliseconds by stage.
        spacing: (row, column) mm, or None.
        evidence: inputs of the presence models; None without a presence head.
        domain_distance: from the training images, in units of the limit; None if not known.
        numbers: uint8 [H,W], the label of the lesion that each pixel belongs to; None if the
            network knows one kind of lesion: its lesions are the connected parts of the mask.
    """

    mask: NDArray[np.bool_]
    probability: NDArray[np.float32]
    lesions: tuple[Lesion, ...]
    crop: Region
    uncertainty: Uncertainty
    out_of_domain: bool | None
    timings_ms: dict[str, float]
    spacing: Spacing | None
    possible_lesions: tuple[Lesion, ...] = ()
    presence: Presence | None = None
    evidence: Evidence | None = None
    numbers: NDArray[np.uint8] | None = None
    domain_distance: float | None = None

    def class_map(self, names: Sequence[str]) -> NDArray[np.uint8]:
        """Return the class of each pixel of the mask: uint8 [H,W], from 1 its place in `names`."""
        table = np.zeros(256, np.uint8)
        for lesion in self.lesions:
            table[lesion.label] = 1 + names.index(lesion.class_name or "")
        numbers = np.zeros(self.mask.shape, np.uint8) if self.numbers is None else self.numbers
        return np.asarray(table[numbers], np.uint8)

    def overlay(self, frame: Frame) -> NDArray[np.uint8]:
        """The frame with the lesions drawn on it, uint8 [H,W,3] RGB."""
        return draw_overlay(frame.pixels, self.mask, self.lesions)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the arrays, as plain values."""
        height, width = self.mask.shape
        return {
            "width": width,
            "height": height,
            "spacing_mm": (
                {"row": self.spacing[0], "column": self.spacing[1]} if self.spacing else None
            ),
            "crop": self.crop._asdict(),
            "lesions": [lesion.to_json() for lesion in self.lesions],
            "possible_lesions": [lesion.to_json() for lesion in self.possible_lesions],
            "presence": self.presence.to_json() if self.presence else None,
            "uncertainty": self.uncertainty.to_json(),
            "out_of_domain": self.out_of_domain,
            "domain_distance": self.domain_distance,
            "timings_ms": {stage: round(ms, 3) for stage, ms in self.timings_ms.items()},
        }


def segmented_area(frame: Frame, settings: PipelineSettings) -> Region:
    """Return the part of a frame that the network gets: the effective area, or all of it."""
    return effective_area(frame) if settings.crop else Region(0, 0, frame.height, frame.width)


def network_input(
    frame: Frame, network: Network, settings: PipelineSettings, crop: Region | None = None
) -> tuple[NDArray[np.uint8], FitSize]:
    """Make the cropped, resized and denoised frame that `Network.look` takes.

    Args:
        crop: the result of :func:`segmented_area`, if the caller already has it.

    Returns:
        uint8 [h,w] or [h,w,3], and how it was fitted to the network's size.
    """
    crop = crop or segmented_area(frame, settings)
    size = network.fit_size(crop.height, crop.width)
    area = np.ascontiguousarray(frame.pixels[crop.slices])
    return denoise(resize_to_fit(area, size), settings.denoise_sigma), size


def segment(
    frame: Frame,
    network: Network,
    settings: PipelineSettings,
    progress: Progress | None = None,
) -> Segmentation:
    """Find the lesions of a frame.

    The same frame, model, settings and execution provider give the same mask, byte for byte.

    Args:
        progress: called as each stage begins; may raise to end the work.
    """
    timings: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        if progress:
            progress(name, STAGES[name])
        started = time.perf_counter()
        yield
        timings[name] = (time.perf_counter() - started) * 1000

    with stage("crop"):
        crop = segmented_area(frame, settings)
        origin = (crop.top, crop.left)
    with stage("denoise"):
        resized, size = network_input(frame, network, settings, crop)
    with stage("network"):
        answer = network.look(resized, size, settings.tta)
        seen = answer.logits / np.float32(network.card.calibration.temperature)
        peak = float(seen.max())
        trust = _trust(network, answer)
    classes, by_class = None, None
    with stage("crf"):
        before = to_probability(seen, 1.0)
        if answer.class_logits is not None:
            by_class = class_probabilities(before, answer.class_logits)
            by_class = refined(by_class, to_grey(resized), settings.crf)
            by_class = enlarged(by_class, crop.height, crop.width)
            inside = 1 - by_class[0]
        else:
            if settings.crf.engine != "none":
                parameters = PottsParameters.from_settings(settings.crf)
                seen = unary_logits(
                    engine(settings.crf.engine)(before, to_grey(resized), parameters)
                )
            # Interpolate logits, not probabilities: interpolation and temperature then commute.
            inside = to_probability(unfit(seen, size, crop.height, crop.width), 1.0)
    with stage("morphology"):
        spacing = frame.spacing
        scale = (size.frame_px(1.0), spacing[0] * spacing[1] if spacing else None)
        if by_class is None:
            above = inside >= np.float32(settings.threshold)
            found = clean(above, settings.morphology, *scale)
        else:
            drawn = likeliest(by_class, settings.threshold)
            classes = cleaned(drawn, settings.morphology, *scale)
            found = classes > 0
        if trust is not None and trust < 1:
            inside *= np.float32(LOW_CONFIDENCE * trust)
            found &= np.bool_(trust >= LEAST_TRUST)
            if by_class is not None:
                by_class *= np.float32(LOW_CONFIDENCE * trust)
    numbers = None
    with stage("lesions"):
        sure = inside
        if classes is None or by_class is None:
            lesions = find_lesions(found, inside, frame.lengths, origin)
        else:
            classes *= found
            names = network.card.class_names
            lesions, numbers = find_classed_lesions(classes, by_class, names, frame.lengths, origin)
            found = numbers > 0
            sure = confidence(classes, by_class, inside)
        dice_before = expected_dice(before, settings.threshold)
        evidence = None
        if answer.presence is not None:
            evidence = Evidence(
                presence=answer.presence,
                peak=peak,
                doubt=1 - expected_iou(inside, found) * dice_before,
                distance=_distance(network, answer),
                outlines=outline_features(lesions, before, answer.presence, size.scale, origin),
            )
        judged = _judged(network.card.presence, evidence, lesions)
        if judged.possible_lesions:
            if numbers is None:
                found = erased(found, judged.possible_lesions, origin)
            else:
                numbers = judged.renumbered(numbers)
                found = numbers > 0
        lesions = judged.lesions
        grey = to_grey(np.ascontiguousarray(frame.pixels[crop.slices]))
        uncertainty = judge(sure, found, lesions, grey, origin, dice_before)
        uncertainty = judged.said(uncertainty)
        out_of_domain = None if trust is None else trust < 1
        if trust is not None and trust < 1:
            uncertainty = uncertainty.out_of_domain(trust)
    mask, probability = found, inside
    if (crop.height, crop.width) != (frame.height, frame.width):
        mask = np.zeros((frame.height, frame.width), dtype=np.bool_)
        mask[crop.slices] = found
        probability = np.zeros((frame.height, frame.width), dtype=np.float32)
        probability[crop.slices] = inside
        if numbers is not None:
            around = np.zeros(mask.shape, np.uint8)
            around[crop.slices] = numbers
            numbers = around
    if progress:
        progress("done", 1.0)
    return Segmentation(
        mask,
        probability,
        lesions,
        crop,
        uncertainty,
        out_of_domain,
        timings,
        frame.spacing,
        judged.possible_lesions,
        judged.presence,
        evidence,
        numbers,
        None if trust is None else round(_distance(network, answer), 4),
    )


@dataclass(frozen=True)
class _Judged:
    """The drawn and the offered outlines, and the judgement of the whole answer."""

    lesions: tuple[Lesion, ...]
    possible_lesions: tuple[Lesion, ...] = ()
    presence: Presence | None = None
    correction: float | None = None
    before: tuple[int, ...] = ()
    """Labels of the drawn lesions from before the offered ones were separated."""

    def renumbered(self, numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Map the numbers uint8 [H,W] of all outlines to those of the drawn lesions."""
        table = np.zeros(256, np.uint8)
        table[list(self.before)] = [lesion.label for lesion in self.lesions]
        return table[numbers]

    def said(self, uncertainty: Uncertainty) -> Uncertainty:
        """Add the probability that the answer needs correction, if the model provides it."""
        if self.correction is None:
            return uncertainty
        return uncertainty.judged(self.correction, self.lesions, bool(self.possible_lesions))


def _judged(
    model: PresenceModel | None, evidence: Evidence | None, lesions: Sequence[Lesion]
) -> _Judged:
    if model is None or evidence is None:
        return _Judged(tuple(lesions))
    probabilities = [model.outline.probability(features) for features in evidence.outlines]
    dice = [model.dice.probability(features) for features in evidence.outlines]
    drawn = [p >= model.operating_point for p in probabilities]
    described = [
        replace(lesion, probability=p, expected_dice=d)
        for lesion, p, d in zip(lesions, probabilities, dice, strict=True)
    ]
    kept = [lesion for lesion, is_drawn in zip(described, drawn, strict=True) if is_drawn]
    offered = [lesion for lesion, is_drawn in zip(described, drawn, strict=True) if not is_drawn]
    return _Judged(
        tuple(replace(lesion, label=label) for label, lesion in enumerate(kept, 1)),
        tuple(replace(lesion, label=label) for label, lesion in enumerate(offered, 1)),
        Presence(model.image.probability({"presence": evidence.presence}), model.operating_point),
        at_least(
            model.correction.probability(image_features(evidence, drawn)), probabilities, drawn
        ),
        tuple(lesion.label for lesion in kept),
    )


def _distance(network: Network, answer: NetworkOutput) -> float:
    """Distance from the training images, in units of the limit."""
    if network.domain is None or answer.embedding is None:
        return 1.0
    distance = network.domain.distance(answer.embedding) / network.domain.limit
    return distance if np.isfinite(distance) else 1000.0


def _trust(network: Network, answer: NetworkOutput) -> float | None:
    """The trust in the probabilities for this image; None if the model cannot tell."""
    if network.domain is None or answer.embedding is None:
        return None
    return network.domain.trust(answer.embedding)
