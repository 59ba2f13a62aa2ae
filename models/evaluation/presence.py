"""Fitting and measuring the models that turn a presence logit and outlines into probabilities.

See :mod:`worker.pipeline.presence` for the models and docs/adr/0018 for the reasons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from models.data.augment import beside_lesion
from models.data.lesion_removal import remove_lesion
from models.data.samples import DataError, Pixels, Sample
from models.evaluation.per_image import read_frame, read_truth
from worker.pipeline import Frame, Lesion, Network, PipelineSettings, Segmentation, segment
from worker.pipeline.overlap import ratio
from worker.pipeline.presence import Evidence, Logistic, PresenceModel, image_features

GOOD_IOU = 0.7
"""An answer below this IoU needs a person's correction."""
MOST_LOST = 0.002
"""Expected share of validation images with a lesion that the operating point may lose. At 0.005 the
mean IoU of sonoloop-lite2 2.0.0 on ovarian tumours fell by 0.010; at this value it does not."""
_TOUCHED = 0.1
"""An outline belongs to the lesion if they share this much of the smaller of the two."""
_PARTS = 5
"""Number of parts of the tuning half, for probabilities from models fitted on other images."""
_RIDGE = 1.0


@dataclass(frozen=True)
class Outlined:
    """An outline of the model compared with the truth, px of the frame."""

    area: int
    intersection: int
    truth: int

    @property
    def is_lesion(self) -> bool:
        """Whether it belongs to the lesion."""
        return self.intersection > _TOUCHED * min(self.area, self.truth)

    @property
    def dice(self) -> float:
        """Dice of the outline and the truth."""
        return 2 * self.intersection / (self.area + self.truth)


@dataclass(frozen=True)
class ImageFinding:
    """The pipeline's findings in one image, before the logistic models judge them."""

    source: str
    group: str
    truth: int
    """Pixels of the lesion; 0 without one."""
    evidence: Evidence
    outlines: tuple[Outlined, ...]

    def iou(self, drawn: Sequence[bool]) -> float:
        """IoU of the drawn outlines and the truth; 1 if both are empty."""
        shown = [one for one, is_drawn in zip(self.outlines, drawn, strict=True) if is_drawn]
        area, common = sum(o.area for o in shown), sum(o.intersection for o in shown)
        return ratio(common, area + self.truth - common)

    def missed(self, drawn: Sequence[bool]) -> bool:
        """Whether there is a lesion that no drawn outline touches."""
        touched = (
            is_drawn and one.intersection > 0
            for one, is_drawn in zip(self.outlines, drawn, strict=True)
        )
        return self.truth > 0 and not any(touched)


def find(
    samples: Iterable[Sample],
    network: Network,
    settings: PipelineSettings,
    *,
    without_lesions: bool = False,
    on_image: Callable[[], None] | None = None,
) -> list[ImageFinding]:
    """Run the pipeline on each image with every outline drawn.

    Args:
        samples: images with or without lesions.
        network: the network; its card's presence model is not used.
        settings: the pipeline's settings.
        without_lesions: also process each image with its lesion replaced, or the tissue beside it,
            so that not all images of a scanner show a lesion.
        on_image: called after each sample.

    Raises:
        DataError: an image cannot be read, or the network has no presence head.
    """
    network = undecided(network)
    found = []
    for sample in samples:
        frame = read_frame(sample)
        truth = read_truth(sample, frame)
        found.append(_finding(sample, frame, truth, network, settings))
        if without_lesions and truth.any():
            view = _lesion_free_view(sample, frame, truth)
            if view is not None:
                nothing = np.zeros(view.shape[:2], np.bool_)
                found.append(_finding(sample, Frame(view), nothing, network, settings))
        if on_image:
            on_image()
    return found


def undecided(network: Network) -> Network:
    """Return the network with a card without presence model: all outlines are drawn."""
    card = network.card.model_copy(update={"presence": None})
    return network.under(card)


def _lesion_free_view(
    sample: Sample, frame: Frame, truth: NDArray[np.bool_]
) -> NDArray[np.uint8] | None:
    """Return the image with its lesion replaced or the tissue beside it, by a hash of its name."""
    digest = hashlib.sha256(f"{sample.source}/{sample.id}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:4], "big"))
    image = frame.pixels if frame.pixels.ndim == 3 else np.repeat(frame.pixels[..., None], 3, 2)
    pixels = Pixels(image, truth.astype(np.uint8))
    removed = remove_lesion(pixels, rng) if rng.random() < 0.5 else None
    view = removed or beside_lesion(pixels)
    return None if view.mask.any() else np.ascontiguousarray(view.image)


def _finding(
    sample: Sample,
    frame: Frame,
    truth: NDArray[np.bool_],
    network: Network,
    settings: PipelineSettings,
) -> ImageFinding:
    said = segment(frame, network, settings)
    if said.evidence is None:
        raise DataError(
            f"{network.card.name} {network.card.version} has no output 'presence'; train a network "
            "with `presence: true`."
        )
    area = int(truth.sum())
    return ImageFinding(
        source=sample.source,
        group=f"{sample.source}/{sample.group}",
        truth=area,
        evidence=said.evidence,
        outlines=tuple(_outlined(lesion, said, truth, area) for lesion in said.lesions),
    )


def _outlined(lesion: Lesion, said: Segmentation, truth: NDArray[np.bool_], area: int) -> Outlined:
    # Lesions of two classes may touch: only the numbers tell them apart.
    inside = lesion.pixels(said.mask) if said.numbers is None else said.numbers == lesion.label
    return Outlined(lesion.area_px, int(np.count_nonzero(inside & truth)), area)


def fit_logistic(
    features: Sequence[dict[str, float]], targets: Sequence[float], names: Sequence[str]
) -> Logistic:
    """Fit a logistic regression with a small ridge on standardised features; targets may be soft.

    Raises:
        DataError: there is nothing to fit on, or all targets are of one kind.
    """
    y = np.array(targets, np.float64)
    if not len(y) or (np.ptp(y) == 0 and y[0] in (0, 1)):
        raise DataError("There are too few held-out images of both kinds to fit presence on.")
    x = np.array([[one[name] for name in names] for one in features])
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    z = (x - centre) / scale

    def cost(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        line = values[0] + z @ values[1:]
        loss = np.sum(np.logaddexp(0, line) - y * line) + _RIDGE / 2 * np.sum(values[1:] ** 2)
        error = 1 / (1 + np.exp(-line)) - y
        return float(loss), np.concatenate([[error.sum()], z.T @ error + _RIDGE * values[1:]])

    found = optimize.minimize(cost, np.zeros(1 + len(names)), jac=True, method="L-BFGS-B").x
    weights = found[1:] / scale
    return Logistic(
        bias=float(found[0] - weights @ centre),
        weights={name: float(w) for name, w in zip(names, weights, strict=True)},
    )


OUTLINE = ("presence", "peak", "confidence", "dice", "area", "smaller")
DICE = ("confidence", "dice", "area")


def fit(
    tuning: Sequence[ImageFinding],
    check: Sequence[ImageFinding] = (),
    most_lost: float = MOST_LOST,
    most_lost_in_each: float = 1.0,
) -> PresenceModel:
    """Fit all four models on images of the tuning half, and the operating point on both halves.

    The operating point is chosen by probabilities from models fitted on other patients: those of
    the check half come from the models themselves, those of the tuning half are cross-fitted.

    Args:
        tuning: images with and without lesions.
        check: images of other patients.
        most_lost: share of the lesion images that the operating point may lose.
        most_lost_in_each: the same within each data set.

    Raises:
        DataError: there are too few images of either kind.
    """
    image = fit_logistic(
        [{"presence": one.evidence.presence} for one in tuning],
        [float(one.truth > 0) for one in tuning],
        ["presence"],
    )
    outline = _fit_outline(tuning)
    pairs = [
        (features, drawn.dice)
        for one in tuning
        for features, drawn in zip(one.evidence.outlines, one.outlines, strict=True)
        if drawn.is_lesion
    ]
    model_of_dice = fit_logistic([f for f, _ in pairs], [d for _, d in pairs], DICE)
    crossed = _crossed(tuning)
    others = [[outline.probability(f) for f in one.evidence.outlines] for one in check]
    point, guarantee = operating_point(
        [*tuning, *check], [*crossed, *others], most_lost, most_lost_in_each
    )
    drawn = [[p >= point for p in own] for own in crossed]
    rows = [image_features(one.evidence, d) for one, d in zip(tuning, drawn, strict=True)]
    bad = [float(needs_correction(one, d)) for one, d in zip(tuning, drawn, strict=True)]
    return PresenceModel(
        image=image,
        outline=outline,
        dice=model_of_dice,
        correction=fit_logistic(rows, bad, list(rows[0])),
        operating_point=point,
        guarantee=guarantee,
    )


def _fit_outline(findings: Sequence[ImageFinding]) -> Logistic:
    rows = [
        (features, drawn.is_lesion)
        for one in findings
        for features, drawn in zip(one.evidence.outlines, one.outlines, strict=True)
    ]
    return fit_logistic([f for f, _ in rows], [float(y) for _, y in rows], OUTLINE)


def _crossed(findings: Sequence[ImageFinding]) -> list[list[float]]:
    """Return the probability of each outline from a model fitted on other patients."""
    part = [hashlib.sha256(f"part {one.group}".encode()).digest()[0] % _PARTS for one in findings]
    models = [
        _fit_outline([one for one, p in zip(findings, part, strict=True) if p != number])
        for number in range(_PARTS)
    ]
    return [
        [models[p].probability(features) for features in one.evidence.outlines]
        for one, p in zip(findings, part, strict=True)
    ]


def operating_point(
    findings: Sequence[ImageFinding],
    probabilities: Sequence[Sequence[float]],
    most: float = MOST_LOST,
    most_in_each: float = 1.0,
) -> tuple[float, dict[str, Any]]:
    """Return the highest threshold on outlines that loses few lesions: conformal risk control.

    Angelopoulos et al., "Conformal Risk Control" (ICLR 2024): a lesion is lost if the network
    touched it and the outline that shares most with it is not drawn. The loss falls with the
    threshold and is at most 1, so the largest threshold with (n · loss + 1) / (n + 1) ≤ `most`
    bounds the expected loss on the next patient's image, if it comes from the same distribution.

    A large data set with clear lesions must not hide the losses of a small one, so the same must
    hold within each data set with `most_in_each`.

    Raises:
        DataError: there are too few lesions to promise anything.
    """
    best: dict[str, list[float]] = {}
    for one, own in zip(findings, probabilities, strict=True):
        touching = [
            (o.intersection, p)
            for p, o in zip(own, one.outlines, strict=True)
            if o.intersection > 0
        ]
        if touching:
            best.setdefault(one.source, []).append(max(touching)[1])
    everywhere = [p for own in best.values() for p in own]
    points = [_largest_point(everywhere, most)]
    points += [_largest_point(own, most_in_each, source) for source, own in best.items()]
    # All outlines that reach the threshold are drawn, so the image that sets it is not lost.
    point = float(np.floor(min(points) * 10_000) / 10_000)
    return point, {
        "rule": "conformal risk control",
        "most_lost": most,
        "most_lost_in_each": most_in_each,
        "groups": len({one.group for one in findings if one.truth}),
        **_lost(everywhere, point),
        "by_source": {source: _lost(own, point) for source, own in sorted(best.items())},
    }


def _largest_point(best: Sequence[float], most: float, source: str = "") -> float:
    count = len(best)
    allowed = int(np.floor(most * (count + 1) - 1 + 1e-9))
    if allowed < 0:
        where = f" of {source}" if source else ""
        raise DataError(
            f"{count} outlined lesions{where} are too few to promise that at most {most:.1%} are "
            "lost."
        )
    return sorted(best)[min(allowed, count - 1)]


def _lost(best: Sequence[float], point: float) -> dict[str, Any]:
    """Return how many of these lesion images a threshold loses, and two bounds on their share."""
    count, lost = len(best), sum(p < point for p in best)
    return {
        "lesion_images": count,
        "lost": lost,
        "bound_on_expected_loss": (lost + 1) / (count + 1),
        "clopper_pearson_95": float(stats.beta.ppf(0.95, lost + 1, count - lost)),
    }


def needs_correction(one: ImageFinding, drawn: Sequence[bool]) -> bool:
    """Whether a person has to change the answer: a miss, a false outline, or a bad outline."""
    return one.iou(drawn) < GOOD_IOU
