"""Classes are compared in pixels, pooled over the images of a set."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.worker.pipeline.dark import write_classes_model
from tests.unit.worker.pipeline.test_classes import SETTINGS, picture
from worker.evaluation.by_class import counted, figures
from worker.pipeline import Frame, Network, segment


def test_an_answer_is_counted_in_the_words_of_the_project(tmp_path: Path) -> None:
    network = Network.load(write_classes_model(tmp_path, pipeline=SETTINGS))
    said = segment(Frame(picture()), network, SETTINGS)
    own = said.class_map(("cyst", "calcification"))
    signed = {"Cyst": own == 1, "Stone": own == 2}
    names = {"cyst": "Cyst", "calcification": "Stone"}
    same = figures([None, counted(signed, said, names)])
    assert same == {
        "iou": {"Cyst": 1.0, "Stone": 1.0},
        "background_iou": 1.0,
        "mean_iou": 1.0,
        "pixel_accuracy": 1.0,
    }
    swapped = figures([counted(signed, said, {"cyst": "Stone", "calcification": "Cyst"})])
    assert swapped is not None
    assert swapped["iou"] == {"Cyst": 0.0, "Stone": 0.0}
    assert swapped["background_iou"] == 1.0
    assert swapped["pixel_accuracy"] == pytest.approx(np.mean(own == 0))
    # A class that the project leaves out is background there.
    left_out = figures([counted({"Cyst": own == 1}, said, {"cyst": "Cyst"})])
    assert left_out is not None
    assert left_out["pixel_accuracy"] == 1.0


def test_images_are_pooled_and_a_class_that_nobody_shows_has_no_figure() -> None:
    rows = [
        {"classes": {"a": [1, 2, 1], "": [7, 7, 8]}, "right": 8, "pixels": 10},
        {"classes": {"a": [0, 0, 3], "b": [0, 0, 0], "": [6, 9, 6]}, "right": 6, "pixels": 10},
    ]
    assert figures(rows) == {
        "iou": {"a": 1 / 5},
        "background_iou": 13 / 17,
        "mean_iou": pytest.approx((1 / 5 + 13 / 17) / 2),
        "pixel_accuracy": 14 / 20,
    }
    assert figures([None]) is None
