"""A lesion is replaced with tissue, and the same is done in places without a lesion."""

import cv2
import numpy as np
import pytest

from models.data.lesion_removal import remove_lesion, transplant_elsewhere
from models.data.samples import Pixels


def scan(height: int = 200, width: int = 240, axes: tuple[int, int] = (22, 15)) -> Pixels:
    """Return speckle with a dark ellipse."""
    rng = np.random.default_rng(3)
    speckle = cv2.GaussianBlur(rng.rayleigh(70, (height, width)), (0, 0), 1.2)
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 3, height // 2), axes, 0, 0, 360, 1, -1)
    grey = np.clip(speckle * np.where(mask, 0.2, 1.0), 0, 255).astype(np.uint8)
    return Pixels(cv2.merge([grey] * 3), mask)


@pytest.mark.parametrize("seed", range(5))
def test_where_the_lesion_was_there_is_tissue_as_bright_and_as_rough_as_around(seed: int) -> None:
    pixels = scan()
    removed = remove_lesion(pixels, np.random.default_rng(seed))
    assert removed is not None
    assert not removed.mask.any()
    inside = pixels.mask == 1
    beside = np.roll(inside, 110, axis=1)
    there, tissue = removed.image[..., 0][inside], pixels.image[..., 0][beside]
    assert there.mean() == pytest.approx(tissue.mean(), rel=0.15)
    assert there.std() == pytest.approx(tissue.std(), rel=0.4)


def test_nothing_is_changed_far_from_the_lesion_nor_in_the_sample_itself() -> None:
    pixels = scan()
    before = pixels.image.copy()
    removed = remove_lesion(pixels, np.random.default_rng(0))
    assert removed is not None
    far = cv2.dilate(pixels.mask, np.ones((51, 51), np.uint8)) == 0
    assert np.array_equal(removed.image[far], before[far])
    assert np.array_equal(pixels.image, before)


def test_a_lesion_wider_than_the_tissue_beside_it_is_replaced_in_pieces() -> None:
    pixels = scan(width=100, axes=(38, 12))
    removed = remove_lesion(pixels, np.random.default_rng(0))
    assert removed is not None
    assert removed.image[..., 0][pixels.mask == 1].mean() > 60


def test_an_image_without_a_lesion_or_with_a_huge_one_has_none_removed() -> None:
    rng = np.random.default_rng(0)
    free = scan()
    assert remove_lesion(Pixels(free.image, np.zeros_like(free.mask)), rng) is None
    assert remove_lesion(scan(axes=(75, 80)), rng) is None


def test_a_transplant_elsewhere_leaves_the_lesion_and_its_mask() -> None:
    pixels = scan()
    changed = 0
    for seed in range(10):
        other = transplant_elsewhere(pixels, np.random.default_rng(seed))
        assert np.array_equal(other.mask, pixels.mask)
        assert np.array_equal(other.image[pixels.mask == 1], pixels.image[pixels.mask == 1])
        changed += not np.array_equal(other.image, pixels.image)
    assert changed >= 5
