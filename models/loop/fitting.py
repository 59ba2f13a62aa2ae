"""Fitting a candidate after its weights are trained: temperature and threshold, presence, training
domain, and an 8-bit version.

Each part is fitted on validation patients and judged on others, by cross-validation if a half
would have fewer than ten (`models.packaging.parting`). The parent's part stays if the new one is
no better on patients that it was not fitted on, or if there is too little data. The operating
point of presence keeps the parent's promise.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from models.data.samples import DataError, Sample
from models.evaluation.per_image import read_frame, read_truth
from models.evaluation.presence import MOST_LOST
from models.evaluation.remembering_network import RememberingNetwork
from models.loop.remarks import Remark
from models.packaging.calibration_card import calibrate_folder
from models.packaging.domain_card import fit_folder
from models.packaging.held_out import held_out, spread
from models.packaging.parting import FEW_PATIENTS, Parting, parted
from models.packaging.presence_card import fit_parted
from models.packaging.quantized_card import LosesTooMuch, quantize_folder
from models.packaging.tuning import MINIMAL_GAIN, tune_like
from worker.pipeline import Calibration, Frame, ModelCard, Network, PipelineSettings, segment
from worker.pipeline.card import file_sha256
from worker.pipeline.domain import DOMAIN_FILE
from worker.pipeline.overlap import iou
from worker.pipeline.presence import PresenceModel

MOST_IMAGES = 300
"""Number of held-out images of each data set to fit and judge on."""
OF_ITS_OWN, OF_PARENT, NONE = "own", "parent", "none"
_CALIBRATION = "Temperature and threshold are the parent's."
FITTED, LIMITS = "fitted", "limits"
"""Keys of a card's `training`: whose each part is, as sentences, and those of them that are listed
among its limits."""


@dataclass(frozen=True)
class Fitted:
    """The outcome of fitting one part of the card.

    Attributes:
        whose: OF_ITS_OWN, OF_PARENT or NONE.
        said: a sentence for the person who decides about the candidate.
    """

    whose: str
    said: Remark


@dataclass(frozen=True)
class Answered:
    """The answer to one image of a patient that neither network nor card was fitted on.

    Attributes:
        brier: mean squared error of the pixels' probabilities over the effective area.
        presence: squared error of the probability of a lesion; 0 if the model gives none.
    """

    sample: Sample
    lesion: bool
    iou: float
    outlined: bool
    brier: float
    presence: float


def fit_calibration(folder: Path) -> Fitted:
    """Fit temperature and threshold of the model in a folder, or keep the parent's.

    The card must hold the parent's when this is called.

    Raises:
        DataError, ModelError: the model or its data cannot be used.
    """
    network = Network.load(folder).without_domain()
    card = network.card
    parting = parted_or_none(card)
    if isinstance(parting, int):
        return Fitted(OF_PARENT, _too_few("calibration-too-few", _CALIBRATION, parting, {}))
    once = RememberingNetwork(network, card)
    tuned = tune_like(parting, once, card.pipeline, None, card.pipeline.tta)
    before, after = judged(parting, once, [calibrated(card, one) for one in tuned.crossed])
    old, new = mean(before, "brier"), mean(after, "brier")
    figures = f"Brier score of the pixels {new:.4f} instead of {old:.4f}"
    values = {"new": new, "old": old}
    if new >= old or not keeps(before, after):
        why = f"Fitted anew they do no better on other patients ({figures})."
        said = Remark("calibration-no-better", f"{_CALIBRATION} {why}", values)
        return Fitted(OF_PARENT, said)
    write(folder, calibrated(card, tuned.calibration))
    found = tuned.calibration
    said = Remark(
        "calibration-own",
        f"Temperature ({found.temperature:g}) and threshold ({found.threshold:g}) were fitted on "
        f"the patients who validate: {figures} on those who had no part in it.",
        {**values, "temperature": found.temperature, "threshold": found.threshold},
    )
    return Fitted(OF_ITS_OWN, said)


def fit_presence(folder: Path, of_whom: str) -> Fitted | None:
    """Fit the presence models in a folder's card, or leave the card as it is.

    Args:
        of_whom: whose presence models are kept otherwise, for the sentence.

    Returns:
        None if the card has no presence.

    Raises:
        DataError, ModelError: the model or its data cannot be used.
    """
    network = Network.load(folder)
    card = network.card
    if card.presence is None:
        return None
    kept = f"Whether there is a lesion is answered by {of_whom} probabilities."
    whose = {"of": of_whom}
    parting = parted_or_none(card)
    if isinstance(parting, int):
        return Fitted(OF_PARENT, _too_few("presence-too-few", kept, parting, whose))
    once = RememberingNetwork(network, card)
    promise = card.presence.guarantee
    most, in_each = promise.get("most_lost", MOST_LOST), promise.get("most_lost_in_each", 1.0)
    try:
        presence, by_part = fit_parted(parting, once, most, in_each)
    except DataError as error:
        said = Remark("presence-not-fitted", f"{kept} {error}", {**whose, "why": str(error)})
        return Fitted(OF_PARENT, said)
    before, after = judged(parting, once, [with_presence(card, one) for one in by_part])
    old, new = mean(before, "presence"), mean(after, "presence")
    figures = f"Brier score {new:.4f} instead of {old:.4f}"
    values = {"new": new, "old": old}
    if new >= old or not keeps(before, after):
        why = f"New ones do no better on other patients ({figures})."
        return Fitted(OF_PARENT, Remark("presence-no-better", f"{kept} {why}", whose | values))
    write(folder, with_presence(card, presence))
    said = Remark(
        "presence-own",
        "Whether there is a lesion is answered by probabilities that were fitted on the patients "
        f"who validate: {figures} on those who had no part in it.",
        values,
    )
    return Fitted(OF_ITS_OWN, said)


def fit_domain(folder: Path, fallback: Path, *, with_pictures: bool = True) -> Fitted:
    """Fit the training domain of the model in a folder, or use the parent's if data is too scarce.

    Args:
        fallback: folder of the parent.
        with_pictures: whether to measure its answers to pictures that are not ultrasound.
    """
    try:
        fit_folder(folder, with_pictures=with_pictures)
    except click.ClickException as error:
        source = fallback / DOMAIN_FILE
        if not source.is_file():
            text = f"The candidate has no training domain: {error.message}"
            return Fitted(NONE, Remark("domain-none", text, {"why": error.message}))
        shutil.copyfile(source, folder / DOMAIN_FILE)
        card = ModelCard.read(folder)
        files = {**card.files, DOMAIN_FILE: file_sha256(folder / DOMAIN_FILE)}
        write(folder, card.model_copy(update={"files": files}))
        text = f"The training domain is the parent's: {error.message}"
        return Fitted(OF_PARENT, Remark("domain-of-parent", text, {"why": error.message}))
    return Fitted(OF_ITS_OWN, Remark("domain-own", "The training domain is its own."))


def measure_reliability(folder: Path) -> None:
    """Write the reliability of probabilities and uncertainty into the card, if there are enough
    validation patients.

    Raises:
        DataError, ModelError: the model or its data cannot be used.
    """
    if not isinstance(parted_or_none(ModelCard.read(folder)), int):
        calibrate_folder(folder, limit=MOST_IMAGES)


def in_8_bits(folder: Path, zoo: Path, fitted: dict[str, Fitted]) -> tuple[Path | None, Remark]:
    """Make the 8-bit version of the model in a folder, with its own folder, domain and presence.

    Args:
        fitted: whose each part of the model is; its temperature and threshold serve both.

    Returns:
        The new folder, None if 8 bits would lose too much or there is too little data; and the
        remarks about it.

    Raises:
        ModelError: the model cannot be used.
    """
    whole = ModelCard.read(folder)
    try:
        made, _ = quantize_folder(folder, zoo, check=MOST_IMAGES, timed=False)
    except (DataError, LosesTooMuch) as error:
        return None, no_8_bits(str(error))
    write(made, ModelCard.read(made).model_copy(update={"presence": whole.presence}))
    own = {**fitted, "domain": fit_domain(made, folder, with_pictures=False)}
    presence = fit_presence(made, "the candidate's")
    if presence is not None:
        own["presence"] = presence
    note(made, own)
    card = ModelCard.read(made)
    return made, Remark(
        "in-8-bits",
        f"The same in 8 bits is a candidate of its own: {card.name} {card.version}.",
        {"model": f"{card.name} {card.version}"},
    )


def parted_or_none(card: ModelCard) -> Parting | int:
    """Return the validation patients, split; or their number if they are too few to judge."""
    samples = spread(held_out(card.training), MOST_IMAGES)
    patients = len({(one.source, one.group) for one in samples})
    if patients < FEW_PATIENTS:
        return patients
    return parted(samples)


def _too_few(code: str, kept: str, patients: int, values: dict[str, str]) -> Remark:
    return Remark(
        code,
        f"{kept} Patients who validate: {patients}; {FEW_PATIENTS} are needed to fit it anew and "
        "to judge it.",
        {**values, "patients": patients, "needed": FEW_PATIENTS},
    )


def no_8_bits(why: str) -> Remark:
    """Return the remark that there is no 8-bit version."""
    return Remark("no-8-bits", f"There is no 8-bit model. {why}", {"why": why})


def judged(
    parting: Parting, network: RememberingNetwork, cards: Sequence[ModelCard]
) -> tuple[list[Answered], list[Answered]]:
    """Run each judged image through the product's pipeline, with the network's own card and with
    that of its part.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    before, after = list[Answered](), list[Answered]()
    for (_, samples), card in zip(parting.parts, cards, strict=True):
        own = network.recalibrated(card)
        for sample in samples:
            frame = read_frame(sample)
            truth = read_truth(sample, frame)
            before.append(answered(sample, frame, truth, network))
            after.append(answered(sample, frame, truth, own))
    return before, after


def answered(sample: Sample, frame: Frame, truth: NDArray[np.bool_], network: Network) -> Answered:
    """Run the product's pipeline on an image and measure its answer."""
    said = segment(frame, network, PipelineSettings.for_card(network.card))
    area = said.crop.slices
    wrong = np.square(said.probability[area] - truth[area], dtype=np.float64)
    has = float(truth.any())
    presence = said.presence.probability if said.presence else has
    return Answered(
        sample=sample,
        lesion=bool(has),
        iou=iou(said.mask, truth),
        outlined=bool(said.mask.any()),
        brier=float(np.mean(wrong)),
        presence=(presence - has) ** 2,
    )


def keeps(before: Sequence[Answered], after: Sequence[Answered]) -> bool:
    """Whether no lesions are lost and no more images without a lesion are outlined."""

    def of(found: Sequence[Answered], lesion: bool) -> list[Answered]:
        return [one for one in found if one.lesion is lesion]

    lost = 0.0
    if of(before, True):
        lost = mean(of(before, True), "iou") - mean(of(after, True), "iou")
    false = [sum(one.outlined for one in of(found, False)) for found in (before, after)]
    return lost < MINIMAL_GAIN and false[1] <= false[0]


def mean(found: Sequence[Answered], figure: str) -> float:
    """Mean over data sets of their means over images, so that a large one does not weigh more."""
    by_source: dict[str, list[float]] = {}
    for one in found:
        by_source.setdefault(one.sample.source, []).append(getattr(one, figure))
    return fmean(fmean(values) for values in by_source.values())


def calibrated(card: ModelCard, calibration: Calibration) -> ModelCard:
    """Return the card with this temperature and threshold."""
    pipeline = card.pipeline.model_copy(update={"threshold": calibration.threshold})
    return card.model_copy(update={"calibration": calibration, "pipeline": pipeline})


def with_presence(card: ModelCard, presence: PresenceModel) -> ModelCard:
    """Return the card with these probabilities of presence."""
    return card.model_copy(update={"presence": presence})


def note(folder: Path, fitted: dict[str, Fitted]) -> None:
    """Write into the card whose each part is, and list the parts that are not its own as limits."""
    card = ModelCard.read(folder)
    limits = [one.said.text for one in fitted.values() if one.whose != OF_ITS_OWN]
    said: dict[str, Any] = {
        **{name: one.whose for name, one in fitted.items()},
        "said": [one.said.document() for one in fitted.values()],
        LIMITS: limits,
    }
    changes = {
        "training": {**card.training, FITTED: said},
        "limits": [*limits_besides(card), *limits],
    }
    write(folder, card.model_copy(update=changes))


def limits_besides(card: ModelCard) -> list[str]:
    """Return a card's limits without those by :func:`note`, which a child does not inherit."""
    noted = card.training.get(FITTED, {}).get(LIMITS, [])
    return [one for one in card.limits if one not in noted]


def write(folder: Path, card: ModelCard) -> None:
    """Validate and write a changed card; copies are not validated, and readers would refuse it."""
    ModelCard.model_validate(card.model_dump()).write(folder)
