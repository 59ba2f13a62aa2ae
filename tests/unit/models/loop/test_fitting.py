"""A candidate keeps its own fit if that does better on other patients, else the parent's."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.data.samples import Sample
from models.loop.fitting import (
    OF_ITS_OWN,
    OF_PARENT,
    Answered,
    fit_calibration,
    fit_presence,
    keeps,
    limits_besides,
    note,
)
from tests.unit.models.conftest import write_dataset
from tests.unit.models.graphs import write_dark_finder
from tests.unit.worker.pipeline.dark import write_telling_model
from worker.pipeline import InputSpec, ModelCard
from worker.pipeline.presence import Logistic, PresenceModel


def held_out(data: Path, folds: list[int]) -> dict[str, object]:
    source = {"folder": str(data), "train_folds": [1], "validation_folds": folds}
    return {"config": {"sources": [source], "augment": {}}}


def test_temperature_and_threshold_are_its_own_once_and_only_where_ten_patients_judge_them(
    tmp_path: Path,
) -> None:
    data = write_dataset(tmp_path / "pool", 36)
    few, many = (
        write_dark_finder(tmp_path / name, "dark", gain=3.0, training=held_out(data, folds))
        for name, folds in (("few", [2]), ("many", [2, 3]))
    )
    before = ModelCard.read(few)
    kept = fit_calibration(few)
    assert kept.whose == OF_PARENT
    assert "Patients who validate: 6; 10 are needed" in kept.said.text
    assert ModelCard.read(few) == before

    own = fit_calibration(many)
    assert own.whose == OF_ITS_OWN, own
    card = ModelCard.read(many)
    assert card.calibration != before.calibration
    assert card.pipeline.threshold == card.calibration.threshold
    assert f"{card.calibration.temperature:g}" in own.said.text

    again = fit_calibration(many)
    assert again.whose == OF_PARENT, "nothing is gained twice"
    assert "no better on other patients" in again.said.text
    assert ModelCard.read(many) == card


def test_presence_keeps_the_parents_promise_or_stays_the_parents(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "pool", 36)
    even = Logistic(bias=0.0, weights={})
    promised = PresenceModel(
        image=even,
        outline=even,
        dice=even,
        correction=even,
        operating_point=0.1,
        guarantee={"most_lost": 0.01},
    )
    folder = write_telling_model(
        tmp_path / "zoo",
        training=held_out(data, [2, 3]),
        input=InputSpec(area=4096, multiple=8),
        presence=promised,
    )
    found = fit_presence(folder, "the parent's")
    assert found is not None and found.whose == OF_PARENT
    assert "too few" in found.said.text
    assert ModelCard.read(folder).presence == promised
    bare = write_dark_finder(tmp_path / "bare", "dark", training=held_out(data, [2, 3]))
    assert fit_presence(bare, "the parent's") is None, "it tells none"


@pytest.mark.parametrize(
    ("iou", "outlined", "kept"),
    [(0.8, False, True), (0.7995, False, True), (0.79, False, False), (0.9, True, False)],
    ids=["equal", "within a thousandth", "a loss", "a false outline"],
)
def test_nothing_is_taken_that_loses_lesions_or_outlines_what_is_none(
    iou: float, outlined: bool, kept: bool, tmp_path: Path
) -> None:
    def of(iou: float, outlined: bool) -> list[Answered]:
        sample = Sample("1", tmp_path, None, "p1", "pool")
        return [
            Answered(sample, True, iou, True, 0.1, 0.1),
            Answered(sample, False, 1.0, outlined, 0.1, 0.1),
        ]

    assert keeps(of(0.8, False), of(iou, outlined)) is kept


def test_a_child_does_not_inherit_what_was_said_of_its_parent(tmp_path: Path) -> None:
    data = write_dataset(tmp_path / "pool", 12)
    folder = write_dark_finder(tmp_path / "zoo", "dark", training=held_out(data, [2]))
    card = ModelCard.read(folder).model_copy(update={"limits": ["Tests only."]})
    card.write(folder)
    note(folder, {"calibration": fit_calibration(folder)})
    said = ModelCard.read(folder)
    assert said.training["fitted"]["calibration"] == OF_PARENT
    assert len(said.limits) == 2
    assert limits_besides(said) == ["Tests only."]
