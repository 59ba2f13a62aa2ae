"""A fit on some patients is judged on others, and never on only a few."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.data.samples import DataError, Sample
from models.packaging.domain import distances, with_limit
from models.packaging.domain_card import flagged
from models.packaging.parting import FEW_PATIENTS, parted, patient_folds
from worker.pipeline.domain import TrainingDomain


def patients(source: str, count: int, images: int = 2) -> list[Sample]:
    return [
        Sample(f"{patient}-{n}", Path(f"{source}-{patient}-{n}"), None, f"p{patient}", source)
        for patient in range(count)
        for n in range(images)
    ]


@pytest.mark.parametrize("count", [2, 3, 7, 18])
def test_each_image_is_judged_once_and_no_patient_is_on_both_sides(count: int) -> None:
    samples = [*patients("clinic", count), *patients("other", 2, 5)]
    parts = patient_folds(samples)
    assert len(parts) == min(5, count + 2)
    judged = [one for _, part in parts for one in part]
    assert sorted(map(repr, judged)) == sorted(map(repr, samples))
    for fitted, part in parts:
        assert len(fitted) + len(part) == len(samples)
        assert not {(o.source, o.group) for o in fitted} & {(o.source, o.group) for o in part}
    sizes = [len({one.group for one in part if one.source == "clinic"}) for _, part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert patient_folds(list(reversed(samples)))[0][1][::-1] == parts[0][1], "in any order"


def test_halves_stand_only_where_each_has_enough_patients_of_every_data_set() -> None:
    many = parted(patients("clinic", 60))
    assert not many.crossed
    assert many.fitted == many.parts[0][0] and many.judged == many.parts[0][1]
    for half in many.parts[0]:
        assert len({one.group for one in half}) >= FEW_PATIENTS
    few = parted([*patients("clinic", 60), *patients("site", 6)])
    assert few.crossed and few.few == ("site",)
    assert len(few.fitted) == len(few.judged) == 132
    assert few.to_json()["patients"] == {"clinic": 60, "site": 6}
    assert "site" in few.to_json()["because"]


def test_one_patient_can_be_judged_by_nobody() -> None:
    with pytest.raises(DataError, match="fewer than two patients"):
        parted(patients("clinic", 1, 8))


def test_an_image_is_held_to_the_limit_that_other_patients_set() -> None:
    samples = [replace(one, id=f"{n}") for n, one in enumerate(patients("clinic", 10, 1))]
    domain = TrainingDomain(np.zeros(1, np.float32), np.ones((1, 1), np.float32), 0.0)
    seen = np.arange(1.0, 11.0)[:, None]
    far = distances(domain, seen)
    whole = with_limit(domain, [far])
    report = flagged(whole, dict(zip(samples, far, strict=True)), parted(samples))
    assert (far <= whole.limit).all()
    # The two farthest are in one fold, and the limit from the others is the third's distance.
    assert report == {"clinic": {"count": 10, "flagged": 0.2}}
