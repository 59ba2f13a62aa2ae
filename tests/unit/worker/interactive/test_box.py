"""The outline for a box drawn around a lesion."""

import cv2
import numpy as np
import pytest

from models.evaluation.metrics import dice
from tests.synthetic import SyntheticImage
from worker.interactive import BOX, outline_in_box, prompt_network, read_frame
from worker.pipeline import Frame, Network, Region

AROUND = Region(88, 74, 80, 108)
SILENT = np.full((256, 256), -6.0, np.float32)


def parts(mask: np.ndarray) -> int:
    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0]) - 1


def test_a_box_around_a_lesion_gives_its_outline(scene: SyntheticImage, network: Network) -> None:
    logits = read_frame(Frame(scene.pixels), network).logits
    found = outline_in_box(scene.pixels, AROUND, logits, network, prompt_network(), BOX)
    assert dice(found, scene.mask) > 0.85
    assert parts(found) == 1
    again = outline_in_box(scene.pixels, AROUND, logits, network, prompt_network(), BOX)
    assert np.array_equal(found, again)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_where_the_network_says_nothing_the_box_itself_is_the_prior(
    network: Network, level: int
) -> None:
    flat = np.full((256, 256), level, np.uint8)
    found = outline_in_box(flat, AROUND, SILENT, network, prompt_network(), BOX)
    rows, columns = np.nonzero(found)
    assert found[128, 128]
    assert 0.5 < found.sum() / (AROUND.height * AROUND.width) < 0.9
    assert abs(rows.mean() - 127.5) < 3
    assert abs(columns.mean() - 127.5) < 3


@pytest.mark.parametrize(
    "box",
    [Region(0, 0, 1, 1), Region(255, 250, 1, 6), Region(0, 0, 256, 256), Region(3, 3, 4, 200)],
)
def test_the_outline_stays_inside_any_box(
    scene: SyntheticImage, network: Network, box: Region
) -> None:
    found = outline_in_box(scene.pixels, box, SILENT, network, prompt_network(), BOX)
    inside = np.zeros((256, 256), np.bool_)
    inside[box.slices] = True
    assert found.any()
    assert (found <= inside).all()


def test_other_lesions_keep_their_pixels(scene: SyntheticImage, network: Network) -> None:
    taken = np.zeros((256, 256), np.bool_)
    taken[:, :128] = True
    found = outline_in_box(scene.pixels, AROUND, SILENT, network, prompt_network(), BOX, taken)
    assert found.any()
    assert not (found & taken).any()
    everything = np.ones((256, 256), np.bool_)
    assert not outline_in_box(
        scene.pixels, AROUND, SILENT, network, prompt_network(), BOX, everything
    ).any()


def test_a_box_outside_of_the_frame_is_refused(scene: SyntheticImage, network: Network) -> None:
    with pytest.raises(ValueError, match="not inside"):
        outline_in_box(
            scene.pixels, Region(200, 200, 57, 10), SILENT, network, prompt_network(), BOX
        )
