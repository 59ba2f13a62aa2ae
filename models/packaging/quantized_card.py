"""An 8-bit model beside its source model, or nothing if it loses too much."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from models.evaluation.presence import undecided
from models.packaging.held_out import held_out, sources_of, spread
from models.packaging.parting import FEW_PATIENTS, few_patients
from models.packaging.quantize import (
    LESION_FREE,
    MOST_LOSS,
    RangeName,
    compare,
    compare_crossed,
    other_bits,
    summarised,
)
from models.training.config import training_samples
from worker.pipeline import ModelError, Network
from worker.pipeline.card import MODEL_FILE

IMAGES = 60
"""Number of training images of each data set for the ranges."""


class LosesTooMuch(ModelError):  # noqa: N818 - the name says what happened
    """The model loses more in 8 bits than allowed; nothing was written."""

    def __init__(self, loss: float, most: float, report: dict[str, Any]) -> None:
        self.report = report
        super().__init__(
            f"In 8 bits the model loses {loss:.4f} of mean lesion IoU on a data set, more than "
            f"{most}; nothing was written. Try --ranges, --weight-bits or --samples."
        )


def quantize_folder(
    folder: Path,
    zoo: Path,
    name: str | None = None,
    images: int = IMAGES,
    ranges: RangeName = "average",
    weight_bits: int = 8,
    check: int | None = None,
    most_loss: float = MOST_LOSS,
    threads: int | None = None,
    *,
    timed: bool = True,
    counted: Callable[[int], None] = lambda images: None,
    on_image: Callable[[], None] | None = None,
) -> tuple[Path, dict[str, dict[str, float]]]:
    """Run `sonoloop quantize` on the model in a folder.

    Args:
        zoo: folder in which `NAME/VERSION` is made.
        name: the new model's name; by default the old name with `-int8`.
        check: maximum number of held-out images of each data set to compare on; all by default.
        timed: whether the report has milliseconds, which differ from run to run.
        counted: called with the number of images to compare.
        on_image: called after each of them.

    Returns:
        The folder of the new model, and the comparison by data set.

    Raises:
        LosesTooMuch: the loss is too large; holds the report.
        DataError, ModelError: the model or its data cannot be used.
    """
    # Both without a training domain and presence, which the new one does not have yet.
    whole = undecided(Network.load(folder, threads=threads).without_domain())
    training = spread(training_samples(sources_of(whole.card.training)), images)
    checked = held_out(whole.card.training)
    few = few_patients(checked)
    if check is not None:
        checked = spread(checked, check)
    with other_bits(whole, training, ranges, weight_bits, name, threads) as small:
        counted(len(checked) + (len(training) if few else 0))
        rows = compare(checked, whole, small, on_image)
        if few:
            rows += compare_crossed(training, whole, ranges, weight_bits, on_image)
        report = summarised(rows, timed=timed)
        changes = [v["change"] for part, v in report.items() if LESION_FREE not in part]
        loss = -min(changes, default=0.0)
        if loss > most_loss:
            raise LosesTooMuch(loss, most_loss, report)
        card = small.card
        target = zoo / card.name / card.version
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(small.folder / MODEL_FILE, target / MODEL_FILE)
    lineage = {
        "model": whole.card.name,
        "version": whole.card.version,
        "sha256": whole.card.sha256,
        "ranges": ranges,
        "weight_bits": weight_bits,
        "images": len(training),
    }
    if few:
        lineage["judged"] = (
            f"Held-out patients of {', '.join(few)} are fewer than {FEW_PATIENTS}, too few to be "
            "judged alone: training images were judged as well, by ranges of other patients "
            "(cross-validation)."
        )
    final = card.model_copy(
        update={
            "training": {**card.training, "quantized_from": lineage},
            "metrics": {"float_and_int8": report},
        }
    )
    final.write(target)
    return target, report
