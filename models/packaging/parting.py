"""Splits of held-out images by patient: what is fitted or chosen on some is judged on others.

With many patients there are two halves. A half with fewer than `FEW_PATIENTS` of a data set is
never judged alone: everything is fitted on all images, and figures come from a cross-validation
over patients, in which each image is judged by a fit without its fold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.data.samples import DataError, Sample

FEW_PATIENTS = 10
"""A part with fewer patients is never judged alone."""
FOLDS = 5

Part = tuple[list[Sample], list[Sample]]
"""Samples to fit on, and samples to judge the fit by; no patient is in both."""


@dataclass(frozen=True)
class Parting:
    """A division of images into parts.

    Attributes:
        fitted: images that the model's settings are fitted on.
        parts: parts that its figures come from.
        few: data sets with too few patients in a half; empty if the parts are halves.
        patients: number of patients by data set.
    """

    fitted: list[Sample]
    parts: list[Part]
    few: tuple[str, ...]
    patients: dict[str, int]

    @property
    def crossed(self) -> bool:
        """Whether figures come from a cross-validation."""
        return bool(self.few)

    @property
    def judged(self) -> list[Sample]:
        """The images that the figures are measured on."""
        return [one for _, judged in self.parts for one in judged]

    def to_json(self) -> dict[str, Any]:
        """Return the description of the split for a card."""
        if not self.crossed:
            return {"by": "halves, by a hash of the patient", "patients": self.patients}
        return {
            "by": "cross-validation over patients",
            "folds": len(self.parts),
            "patients": self.patients,
            "because": f"Half of the patients of {', '.join(self.few)} are fewer than "
            f"{FEW_PATIENTS}, too few to be judged alone.",
        }


def parted(samples: Sequence[Sample]) -> Parting:
    """Split into halves, or into cross-validation folds if a half would have too few patients.

    Raises:
        DataError: there are fewer than two patients.
    """
    patients = _counts(samples)
    if sum(patients.values()) < 2:
        raise DataError(
            "Held-out images are of fewer than two patients; nothing can be fitted on one and "
            "judged on another."
        )
    tuning, check = halves(samples)
    counts = [_counts(half) for half in (tuning, check)]
    few = tuple(
        name for name in sorted(patients) if any(c.get(name, 0) < FEW_PATIENTS for c in counts)
    )
    if few:
        return Parting(list(samples), patient_folds(samples), few, patients)
    return Parting(tuning, [(tuning, check)], (), patients)


def patient_folds(samples: Sequence[Sample], count: int = FOLDS) -> list[Part]:
    """Split into at most `count` folds over patients; each image is judged in one of them.

    The patients of each data set are dealt out in the order of a hash, so that their numbers differ
    by at most one between folds. With fewer patients than folds, each patient is a fold.

    Raises:
        DataError: there are fewer than two patients.
    """
    fold_of: dict[tuple[str, str], int] = {}
    for name, groups in sorted(_groups(samples).items()):
        # A data set continues where the previous one ended, so that small ones share the folds.
        for group in sorted(groups, key=lambda one: _digest(name, one)):
            fold_of[(name, group)] = len(fold_of) % count
    parts: list[Part] = []
    for number in range(count):
        rest, judged = list[Sample](), list[Sample]()
        for one in samples:
            (judged if fold_of[(one.source, one.group)] == number else rest).append(one)
        if judged:
            parts.append((rest, judged))
    if len(parts) < 2:
        raise DataError("Images of at least two patients are needed for a cross-validation.")
    return parts


def few_patients(samples: Sequence[Sample]) -> list[str]:
    """Return the data sets with too few patients among these images to be judged alone."""
    return [name for name, count in sorted(_counts(samples).items()) if count < FEW_PATIENTS]


def halves(samples: Iterable[Sample]) -> Part:
    """Split into tuning and check half by a hash of data set and group: no group is in both."""
    parts: Part = ([], [])
    for sample in samples:
        parts[_digest(sample.source, sample.group)[0] % 2].append(sample)
    return parts


def _digest(source: str, group: str) -> bytes:
    return hashlib.sha256(f"{source}/{group}".encode()).digest()


def _counts(samples: Iterable[Sample]) -> dict[str, int]:
    return {name: len(groups) for name, groups in _groups(samples).items()}


def _groups(samples: Iterable[Sample]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in samples:
        found.setdefault(one.source, set()).add(one.group)
    return found
