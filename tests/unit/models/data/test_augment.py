"""Augmentation keeps image and mask together and is reproducible."""

import cv2
import numpy as np
import pytest

from models.data.augment import AugmentSettings, augment, cut_close
from models.data.labels import IGNORED
from models.data.samples import Pixels
from models.data.scanner_marks import crop_to_sector, measure_lesion

STILL = AugmentSettings(
    flip=0,
    rotation_degrees=0,
    scale=(1, 1),
    aspect=0,
    gain=0,
    blur=0,
    speckle=0,
    attenuation=0,
    shadow=0,
    annotations=0,
    grey=0,
)


def scan(height: int = 90, width: int = 120) -> Pixels:
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 3, height // 2), (18, 11), 0, 0, 360, 1, -1)
    image = np.full((height, width, 3), 60, np.uint8)
    image[mask == 1] = 200
    return Pixels(image, mask)


def test_without_variation_a_square_image_comes_back_as_it_was() -> None:
    pixels = scan(96, 96)
    same = augment(pixels, 96, np.random.default_rng(0), STILL)
    assert np.array_equal(same.image, pixels.image)
    assert np.array_equal(same.mask, pixels.mask)


@pytest.mark.parametrize("seed", range(20))
def test_mask_follows_the_image_through_the_geometry(seed: int) -> None:
    moving = STILL.model_copy(
        update={"flip": 0.5, "rotation_degrees": 25, "scale": (0.7, 1.4), "aspect": 0.2}
    )
    view = augment(scan(), 128, np.random.default_rng(seed), moving)
    inside = view.mask != IGNORED
    bright = view.image[..., 0] > 130
    disagreement = (bright != (view.mask == 1)) & inside
    # Only pixels on the contour may differ: image bilinear, mask nearest.
    assert disagreement.sum() <= 0.02 * inside.sum()
    assert (view.mask == 1).any()


@pytest.mark.parametrize("shape", [(90, 120), (40, 200), (200, 40), (300, 300)])
def test_scale_one_is_that_of_inference(shape: tuple[int, int]) -> None:
    pixels = Pixels(np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.uint8))
    view = augment(pixels, 64, np.random.default_rng(0), STILL)
    scale = 64 / (shape[0] * shape[1]) ** 0.5
    expected = min(64, shape[0] * scale) * min(64, shape[1] * scale)
    assert np.count_nonzero(view.mask != IGNORED) == pytest.approx(expected, rel=0.05)


def test_same_seed_same_view_other_seed_other_view() -> None:
    first, again, other = (
        augment(scan(), 96, np.random.default_rng(seed), AugmentSettings()) for seed in (3, 3, 4)
    )
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize(
    "variation", ["gain", "blur", "speckle", "attenuation", "shadow", "annotations", "measured"]
)
def test_each_appearance_changes_pixels_and_never_the_mask(variation: str) -> None:
    settings = STILL.model_copy(update={variation: 1.0})
    plain = augment(scan(), 96, np.random.default_rng(5), STILL)
    changed = [
        augment(scan(), 96, np.random.default_rng(seed), settings).image for seed in range(5)
    ]
    assert any(not np.array_equal(image, plain.image) for image in changed)
    view = augment(scan(), 96, np.random.default_rng(5), settings)
    assert np.array_equal(np.unique(view.mask), [0, 1, IGNORED])
    assert view.image.dtype == np.uint8


def test_the_source_is_left_as_it_was() -> None:
    pixels = scan()
    before = pixels.image.copy(), pixels.mask.copy()
    for seed in range(10):
        augment(pixels, 64, np.random.default_rng(seed), AugmentSettings())
    assert np.array_equal(pixels.image, before[0])
    assert np.array_equal(pixels.mask, before[1])


def test_what_is_off_by_default_leaves_the_views_of_a_seed_alone() -> None:
    """Configurations from before `sector` and `measured` must still give the same training."""
    view = augment(scan(), 96, np.random.default_rng(11), AugmentSettings())
    named = AugmentSettings(sector=0.0, measured=0.0)
    assert np.array_equal(view.image, augment(scan(), 96, np.random.default_rng(11), named).image)
    on = named.model_copy(update={"measured": 1.0})
    assert not np.array_equal(view.image, augment(scan(), 96, np.random.default_rng(11), on).image)


def test_beyond_the_sector_there_is_neither_echo_nor_lesion() -> None:
    image = np.full((120, 120, 3), 90, np.uint8)
    mask = np.zeros((120, 120), np.uint8)
    cv2.circle(mask, (60, 70), 35, 1, cv2.FILLED)
    changed = 0
    for seed in range(20):
        cropped, labels = crop_to_sector(image, mask, np.random.default_rng(seed))
        hidden = (cropped == 0).all(axis=2)
        assert not labels[hidden].any()
        assert np.array_equal(labels[~hidden], mask[~hidden])
        assert np.array_equal(cropped[~hidden], image[~hidden])
        assert (labels == 1).sum() >= 0.5 * (mask == 1).sum()
        changed += hidden.any()
        # The sector is one piece and contains the middle.
        assert cv2.connectedComponents((~hidden).astype(np.uint8))[0] == 2
        assert not hidden[60, 60]
    assert changed == 20


def test_a_sector_that_would_hide_the_lesion_is_not_taken() -> None:
    image = np.full((120, 120, 3), 90, np.uint8)
    mask = np.zeros((120, 120), np.uint8)
    mask[:6, :6] = 1
    for seed in range(10):
        cropped, labels = crop_to_sector(image, mask, np.random.default_rng(seed))
        assert np.array_equal(labels, mask)
        assert np.array_equal(cropped, image)


def test_calipers_sit_on_the_ends_of_the_lesion() -> None:
    image = np.zeros((160, 200, 3), np.uint8)
    mask = np.zeros((160, 200), np.uint8)
    cv2.ellipse(mask, (100, 80), (50, 20), 0, 0, 360, 1, cv2.FILLED)
    for seed in range(10):
        marked = measure_lesion(image, mask, np.random.default_rng(seed))
        ink = marked.any(axis=2)
        for column in (50, 150):
            assert ink[70:91, column - 10 : column + 11].any()
        assert ink.mean() < 0.1
    assert not image.any()
    nothing = np.full((160, 200), IGNORED, np.uint8)
    assert measure_lesion(image, nothing, np.random.default_rng(0)) is image


def test_a_lesion_free_view_shows_only_tissue_beside_the_lesion() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    mask = np.zeros((100, 120), np.uint8)
    mask[10:30, 50:70] = 1
    image[mask == 1] = 255
    settings = AugmentSettings(lesion_free=1, gain=0, speckle=0, annotations=0, shadow=0)
    for seed in range(10):
        view = augment(Pixels(image, mask), 64, np.random.default_rng(seed), settings)
        assert not (view.mask == 1).any()
        assert view.image.max() == 0


def test_a_lesion_that_leaves_no_room_beside_it_stays_in_view() -> None:
    pixels = Pixels(np.zeros((100, 120, 3), np.uint8), np.ones((100, 120), np.uint8))
    view = augment(pixels, 64, np.random.default_rng(0), AugmentSettings(lesion_free=1))
    assert (view.mask == 1).any()


def test_an_image_cut_close_shows_the_whole_lesion_with_little_around_it() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    mask = np.zeros((100, 120), np.uint8)
    mask[20:50, 40:90] = 1
    for seed in range(20):
        view = cut_close(Pixels(image, mask), np.random.default_rng(seed))
        height, width = view.mask.shape
        assert view.mask.sum() == mask.sum()
        assert view.image.shape == (height, width, 3)
        # Each side adds a tenth to eight tenths of its 30 and 50 px, as far as the image reaches.
        assert 36 <= height <= 78
        assert 60 <= width <= 120


def test_a_small_lesion_at_the_edge_is_not_cut_to_a_scrap() -> None:
    mask = np.zeros((100, 120), np.uint8)
    mask[:4, :4] = 1
    for seed in range(20):
        view = cut_close(Pixels(np.zeros((100, 120), np.uint8), mask), np.random.default_rng(seed))
        assert view.mask.sum() == mask.sum()
        assert min(view.mask.shape) >= 35 / 2


def test_nothing_is_cut_where_there_is_no_lesion() -> None:
    pixels = Pixels(np.zeros((100, 120, 3), np.uint8), np.zeros((100, 120), np.uint8))
    assert cut_close(pixels, np.random.default_rng(0)) is pixels
