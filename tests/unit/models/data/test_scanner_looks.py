"""The looks of other scanners leave the tissue where it is."""

import cv2
import numpy as np
import pytest

from models.data.augment import AugmentSettings, augment
from models.data.labels import IGNORED
from models.data.scanner_looks import banner, dynamic_range, resolution, time_gain
from tests.unit.models.data.test_lesion_removal import scan


@pytest.mark.parametrize("look", [time_gain, dynamic_range, resolution])
def test_a_look_changes_the_image_and_moves_nothing(look) -> None:  # type: ignore[no-untyped-def]
    image = scan().image
    for seed in range(10):
        other = look(image, np.random.default_rng(seed))
        assert other.shape == image.shape
        assert other.dtype == np.uint8
        # Compared along rows only, because gain over depth changes whole rows.
        rows = [cv2.GaussianBlur(i[..., 0], (0, 0), 4).astype(float) for i in (image, other)]
        along = [(r - r.mean(axis=1, keepdims=True)).ravel() for r in rows]
        assert np.corrcoef(*along)[0, 1] > 0.6
    assert not np.array_equal(other, image)


def test_gain_over_depth_is_the_same_along_a_row() -> None:
    grey = np.full((120, 80, 3), 90, np.uint8)
    other = time_gain(grey, np.random.default_rng(1))
    assert (other.std(axis=1) == 0).all()
    assert other[..., 0].std() > 3


def test_under_a_banner_there_is_no_lesion_and_beside_it_all_stays() -> None:
    pixels = scan()
    seen = 0
    for seed in range(12):
        image, mask = banner(pixels.image, pixels.mask, np.random.default_rng(seed))
        kept = np.count_nonzero(mask == 1) / np.count_nonzero(pixels.mask)
        assert kept >= 0.9
        covered = (image != pixels.image).any(axis=2)
        seen += bool(covered.any())
        rows, columns = covered.any(axis=1).mean(), covered.any(axis=0).mean()
        assert min(rows, columns) < 0.2
    assert seen == 12


def test_views_of_configurations_without_the_new_looks_stay_what_they_were() -> None:
    pixels = scan()
    off = AugmentSettings(removed=0, transplanted=0, time_gain=0, dynamic_range=0, resolution=0)
    one = augment(pixels, 96, np.random.default_rng(4), off)
    other = augment(pixels, 96, np.random.default_rng(4), AugmentSettings())
    assert np.array_equal(one.image, other.image)


def test_a_view_whose_lesion_is_removed_says_that_it_has_none() -> None:
    settings = AugmentSettings(removed=1.0, banner=0.5)
    for seed in range(5):
        view = augment(scan(), 96, np.random.default_rng(seed), settings)
        assert set(np.unique(view.mask)) <= {0, IGNORED}
