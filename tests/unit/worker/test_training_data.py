"""Training data names the class of every pixel, and nothing that nobody said."""

from uuid import UUID

import numpy as np

from app.core.ids import new_id
from worker.storage.drawing import Drawing
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
