"""Fitting what turns a presence head's logit and outlines into probabilities, and measuring it.

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
from worker.pipeline import Frame, Lesion, Network, PipelineSettings, segment
from worker.pipeline.overlap import ratio
from worker.pipeline.presence import Evidence, Logistic, PresenceModel, image_features

GOOD_IOU = 0.7
"""An answer below it needs a person's correction."""
MOST_LOST = 0.002
"""Share of validation images with a lesion that the operating point may lose, as expected value. At
0.005 the mean IoU of sonoloop-lite2 2.0.0 on ovarian tumours fell by 0.010; at this it does not."""
_TOUCHED = 0.1
"""An outline is one of the lesion where they share so much of the smaller of the two."""
_PARTS = 5
"""Parts of the tuning half, for probabilities of images that a model was not fitted on."""
_RIDGE = 1.0


@dataclass(frozen=True)
class Outlined:
    """An outline of the model beside the truth, px of the frame."""

    area: int
    intersection: int
    truth: int

    @property
    def is_lesion(self) -> bool:
        """Whether it is one of the lesion."""
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
        """IoU of the outlines that are drawn and the truth; 1 where both are empty."""
        shown = [one for one, is_drawn in zip(self.outlines, drawn, strict=True) if is_drawn]
        area, common = sum(o.area for o in shown), sum(o.intersection for o in shown)
        return ratio(common, area + self.truth - common)

    def missed(self, drawn: Sequence[bool]) -> bool:
        """Whether there is a lesion of which no outline that is drawn has anything."""
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
        samples: with or without lesions.
        network: its card's presence model plays no part.
        settings: of the pipeline.
        without_lesions: also look at each image with its lesion replaced, or at the tissue beside
            it, so that a scanner's images are not all with a lesion.
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
    """The network under a card without presence model: all outlines are drawn."""
    card = network.card.model_copy(update={"presence": None})
    return network.under(card)


def _lesion_free_view(
    sample: Sample, frame: Frame, truth: NDArray[np.bool_]
) -> NDArray[np.uint8] | None:
    """The image with its lesion replaced or the tissue beside it, by a hash of its name."""
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
        outlines=tuple(_outlined(lesion, said.mask, truth, area) for lesion in said.lesions),
    )


def _outlined(
    lesion: Lesion, mask: NDArray[np.bool_], truth: NDArray[np.bool_], area: int
) -> Outlined:
    inside = lesion.pixels(mask)
    return Outlined(lesion.area_px, int(np.count_nonzero(inside & truth)), area)


def fit_logistic(
    features: Sequence[dict[str, float]], targets: Sequence[float], names: Sequence[str]
) -> Logistic:
    """Logistic regression with a small ridge on standardised features; targets may be soft.

    Raises:
        DataError: there is nothing to fit on, or all of it is of one kind.
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
    """All four models on images of the tuning half, and the operating point on both.

    The operating point is chosen by probabilities of outlines whose patients had no part in the
    fit that gave them: the check half's by the models as they are, the tuning half's crosswise.

    Args:
        tuning: images with and without lesions.
        check: images of other patients.
        most_lost: share of the lesion images that the operating point may lose.
        most_lost_in_each: the same of each data set by itself.

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
    """The probability of each outline by a model that was fitted on other patients."""
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
    """The highest threshold on outlines that loses few lesions: conformal risk control.

    Angelopoulos et al., "Conformal Risk Control" (ICLR 2024): a lesion is lost where the network
    touched it and the outline that shares most with it is not drawn. The loss falls with the
    threshold and is at most 1, so the largest threshold with (n · loss + 1) / (n + 1) ≤ `most`
    bounds the expected loss of the next patient's image, if that is drawn as these were.

    A large data set with clear lesions must not pay for a small one whose lesions are lost, so the
    same holds within each data set with `most_in_each`.

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
    # All that reach the threshold are drawn, so the image that sets it is not lost.
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
    """Return how many of these lesion images a threshold loses, and two bounds on that."""
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
