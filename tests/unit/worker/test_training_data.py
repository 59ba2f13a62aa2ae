"""Training data names the class of every pixel and invents none; the log of a run."""

from typing import Any
from uuid import UUID

import numpy as np

from app.core.ids import new_id
from worker.storage.drawing import Drawing
from worker.tasks.train import logged
from worker.tasks.training_data import UNKNOWN, UNNAMED, class_picture

CYST, SOLID, ARCHIVED = (new_id() for _ in range(3))
NUMBERS = {CYST: 1, SOLID: 2}


def test_lesions_have_the_number_of_their_class() -> None:
    labels = np.array([[1, 1, 0, 2, 2], [3, 3, 0, 4, 4]], np.uint8)
    overlay = np.array([[0, 5, 5, 0, 0], [0, 0, 0, 0, 0]], np.uint8)
    classes: dict[int, UUID] = {1: CYST, 2: SOLID, 3: ARCHIVED, 5: SOLID}
    drawing = Drawing(labels, {SOLID: overlay}, classes)
    found = class_picture(drawing.mask, drawing.to_json(), NUMBERS)
    assert found.tolist() == [
        [1, UNKNOWN, 2, 2, 2],
        [UNKNOWN, UNKNOWN, 0, UNNAMED, UNNAMED],
    ]


def test_a_mask_without_a_drawing_says_where_lesions_are_and_no_class() -> None:
    mask = np.array([[True, False]])
    assert class_picture(mask, None, NUMBERS).tolist() == [[UNNAMED, 0]]


def test_the_log_has_each_stage_and_epoch_once_and_where_a_killed_run_went_on() -> None:
    first = {"epoch": 1, "loss": 0.5, "validation_iou": {"pool": 0.7, "replay-1": 0.9}}
    second = {"epoch": 2, "loss": 0.4, "validation_iou": {"pool": 0.8, "replay-1": 0.9}}
    log: list[Any] = []
    for stage, curve, resumed in (
        ("training", None, True),
        ("training", [first], False),
        ("training", [first], False),
        ("training", [first], True),
        ("mixing", [first, second], False),
    ):
        log = logged(log, {"stage": stage, "curve": curve}, resumed=resumed)
    assert [one.get("stage") or (one["epoch"], one["score"]) for one in log] == [
        "training",
        (1, 0.7),
        "resumed",
        "training",
        (2, 0.8),
        "mixing",
    ]
