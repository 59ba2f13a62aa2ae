"""Training examples of the prompt network; the shipped network matches its description."""

import json

import numpy as np
import pytest

from models.data.samples import Pixels
from models.prompts.examples import Example, damaged, example, scribbled
from tests.synthetic import ultrasound
from worker.interactive.prompt_network import GRAPH_FILE, NAME, VERSION
from worker.interactive.prompts import PLANES
from worker.pipeline.card import file_sha256
from worker.pipeline.zoo import model_roots

MADE = 24


@pytest.fixture(scope="module")
def taught() -> list[Example]:
    frame = ultrasound(240, 320, seed=4, geometry="full")
    pixels = Pixels(np.stack([frame.pixels] * 3, axis=-1), frame.mask.astype(np.uint8))
    found = [example(pixels, np.random.default_rng(seed)) for seed in range(MADE)]
    return [one for one in found if one is not None]


def test_every_kind_of_prompt_is_about_the_lesion_that_is_wanted(taught: list[Example]) -> None:
    assert {one.kind for one in taught} == {"box", "click", "mask"}
    for one in taught:
        lesion = one.target == 1
        box, stroke, other, mask = (plane > 0 for plane in one.planes)
        assert lesion.any()
        if one.kind == "box":
            assert (lesion & box).sum() > 0.7 * lesion.sum()
            assert not (stroke.any() or other.any() or mask.any())
        elif one.kind == "click":
            assert (stroke & lesion).any()
            assert not (box.any() or other.any() or mask.any())
        else:
            assert not box.any()
            assert (stroke & lesion & ~mask).any() or (other & mask & ~lesion).any()


def test_the_same_seed_gives_the_same_example() -> None:
    frame = ultrasound(240, 320, seed=4, geometry="full")
    pixels = Pixels(np.stack([frame.pixels] * 3, axis=-1), frame.mask.astype(np.uint8))
    first, again = (example(pixels, np.random.default_rng(3)) for _ in range(2))
    assert first is not None
    assert again is not None
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.planes, again.planes)


def test_an_image_without_a_lesion_teaches_nothing() -> None:
    empty = Pixels(np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8))
    assert example(empty, np.random.default_rng(0)) is None


def test_a_damaged_mask_gets_a_stroke_where_it_is_wrong(taught: list[Example]) -> None:
    truth = taught[0].target == 1
    rng = np.random.default_rng(1)
    for _ in range(8):
        mask = damaged(truth, rng)
        if np.array_equal(mask, truth):
            continue
        planes = scribbled(mask, truth, rng)
        assert planes.shape == (len(PLANES), *truth.shape)
        assert planes[1].any() or planes[2].any()
        assert np.array_equal(planes[3] > 0, mask)


def test_the_shipped_network_is_the_one_that_its_notes_describe() -> None:
    folder = model_roots()[-1] / NAME / VERSION
    notes = json.loads((folder / "prompts.json").read_text("utf-8"))
    assert (notes["name"], notes["version"]) == (NAME, VERSION)
    assert notes["sha256"] == file_sha256(folder / GRAPH_FILE)
