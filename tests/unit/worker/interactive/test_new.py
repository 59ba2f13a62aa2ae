"""The outline for a click inside a lesion."""

import cv2
import numpy as np
import pytest

from models.evaluation.metrics import dice
from tests.synthetic import SyntheticImage
from worker.interactive import NEW, REFINE, outline_new, prompt_network

SILENT = np.full((256, 256), -6.0, np.float32)
NOTHING = np.zeros((256, 256), np.bool_)


def outlined(
    pixels: np.ndarray,
    at: tuple[int, int],
    taken: np.ndarray | None = None,
    logits: np.ndarray = SILENT,
) -> np.ndarray:
    click = np.zeros((256, 256), np.int8)
    click[at] = 1
    return outline_new(pixels, click, logits, prompt_network(), NEW, REFINE, taken)


def test_a_click_in_a_lesion_gives_its_outline(scene: SyntheticImage) -> None:
    rows, columns = np.nonzero(scene.mask)
    at = (int(rows.mean()), int(columns.mean()))
    found = outlined(scene.pixels, at)
    assert dice(found, scene.mask) > 0.7
    assert found[at]
    assert cv2.connectedComponents(found.astype(np.uint8), connectivity=8)[0] == 2
    assert np.array_equal(found, outlined(scene.pixels, at))


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("at", [(0, 0), (255, 255), (128, 3)])
def test_a_stroke_where_nothing_is_seen_is_still_answered(level: int, at: tuple[int, int]) -> None:
    flat = np.full((256, 256), level, np.uint8)
    found = outlined(flat, at)
    assert found[at] or not found.any()
    stroke = np.zeros((256, 256), np.int8)
    stroke[max(0, at[0] - 4) : at[0] + 5, max(0, at[1] - 4) : at[1] + 5] = 1
    found = outline_new(flat, stroke, SILENT, prompt_network(), NEW, REFINE)
    assert found[stroke > 0].all()


def test_other_lesions_keep_their_pixels(scene: SyntheticImage) -> None:
    rows, columns = np.nonzero(scene.mask)
    at = (int(rows.mean()), int(columns.mean()))
    taken = np.zeros((256, 256), np.bool_)
    taken[:, : at[1]] = True
    found = outlined(scene.pixels, at, taken)
    assert found[at]
    assert not (found & taken).any()
    assert not outlined(scene.pixels, at, ~NOTHING).any()


def test_a_click_outside_of_what_the_network_looked_at_is_answered(scene: SyntheticImage) -> None:
    unseen = np.full((256, 256), -20.0, np.float32)
    unseen[:40, :40] = -6
    assert outlined(scene.pixels, (128, 128), logits=unseen)[128, 128]


def test_strokes_have_their_label_in_the_answer(scene: SyntheticImage) -> None:
    rows, columns = np.nonzero(scene.mask)
    row, column = int(rows.mean()), int(columns.mean())
    strokes = np.zeros((256, 256), np.int8)
    strokes[row, column - 20 : column + 20] = 1
    strokes[row + 8, column - 4 : column + 4] = -1
    found = outline_new(scene.pixels, strokes, SILENT, prompt_network(), NEW, REFINE)
    assert found[strokes > 0].all()
    assert not found[strokes < 0].any()


def test_arrays_of_another_size_are_refused(scene: SyntheticImage) -> None:
    small = np.zeros((9, 9), np.int8)
    with pytest.raises(ValueError, match="shape"):
        outline_new(scene.pixels, small, SILENT, prompt_network(), NEW, REFINE)
