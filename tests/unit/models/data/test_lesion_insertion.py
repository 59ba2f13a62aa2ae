"""A lesion inserted into an image without one stays dark, fits its mask, and lies in tissue."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.data.lesion_insertion import insert_lesion
from models.data.samples import Pixels


def tissue(
    seed: int, height: int = 200, width: int = 240, mean: float = 70.0
) -> NDArray[np.float64]:
    """Return grey speckle, float [height,width]."""
    rng = np.random.default_rng(seed)
    return np.asarray(cv2.GaussianBlur(rng.rayleigh(mean, (height, width)), (0, 0), 1.2))


def donor(axes: tuple[int, int] = (30, 20)) -> Pixels:
    """Return speckle with a dark ellipse."""
    speckle = tissue(3)
    mask = np.zeros(speckle.shape, np.uint8)
    cv2.ellipse(mask, (100, 100), axes, 0, 0, 360, 1, -1)
    grey = np.clip(speckle * np.where(mask, 0.2, 1.0), 0, 255).astype(np.uint8)
    return Pixels(cv2.merge([grey] * 3), mask)


def host(mean: float = 35.0) -> Pixels:
    """Return speckle of another scanner, bluish, and black on the left."""
    grey = np.clip(tissue(4, mean=mean), 0, 255)
    grey[:, :60] = 0
    image = np.stack([grey * 0.8, grey * 0.9, grey], axis=2).astype(np.uint8)
    return Pixels(image, np.zeros(grey.shape, np.uint8))


@pytest.mark.parametrize("seed", range(8))
def test_an_inserted_lesion_is_darker_than_its_host_and_lies_in_tissue(seed: int) -> None:
    before = host()
    after = insert_lesion(before, donor(), np.random.default_rng(seed))
    assert after is not None
    inside = after.mask == 1
    assert 0.002 <= inside.mean() <= 0.15
    around = cv2.dilate(after.mask, np.ones((25, 25), np.uint8)) == 1
    ring = around & ~inside & (before.image.max(axis=2) > 8)
    # The donor's contrast is 0.2; at least 0.55 of it shows, the rest is the host's tissue.
    assert 0.1 < after.image[inside].mean() / before.image[ring].mean() < 0.75
    assert np.mean(before.image[inside].max(axis=1) < 8) <= 0.15


def test_nothing_is_changed_far_from_the_lesion_nor_in_either_sample() -> None:
    given, taken = host(), donor()
    pixels, lesion = given.image.copy(), taken.image.copy()
    after = insert_lesion(given, taken, np.random.default_rng(0))
    assert after is not None
    far = cv2.dilate(after.mask, np.ones((61, 61), np.uint8)) == 0
    assert np.array_equal(after.image[far], pixels[far])
    assert np.array_equal(given.image, pixels)
    assert not given.mask.any()
    assert np.array_equal(taken.image, lesion)


def test_it_takes_the_tint_of_its_host() -> None:
    after = insert_lesion(host(), donor(), np.random.default_rng(1))
    assert after is not None
    red, _, blue = after.image[after.mask == 1].mean(axis=0)
    assert red < 0.9 * blue


def test_sizes_and_places_differ_and_small_ones_come_often() -> None:
    found = [insert_lesion(host(), donor(), np.random.default_rng(seed)) for seed in range(20)]
    areas = [int(one.mask.sum()) for one in found if one is not None]
    assert len(areas) >= 15
    assert min(areas) < 0.5 * donor().mask.sum()
    assert len(set(areas)) > 10


def test_without_a_lesion_or_a_place_for_it_there_is_none() -> None:
    rng = np.random.default_rng(0)
    assert insert_lesion(host(), host(), rng) is None
    assert insert_lesion(donor(), donor(), rng) is None
    black = Pixels(np.zeros_like(host().image), host().mask)
    assert insert_lesion(black, donor(), rng) is None
    few = Pixels(donor().image, np.zeros_like(donor().mask))
    few.mask[100, 100] = 1  # too small to be seen as a lesion
    assert insert_lesion(host(), few, rng) is None
