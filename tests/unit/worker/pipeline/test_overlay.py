"""Pictures show the lesion where it is, and come back unchanged after writing and reading."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.synthetic import EllipseLesion, png_bytes
from worker.pipeline import decode_mask_png, decode_png, encode_mask_png, encode_png
from worker.pipeline.lesions import find_lesions
from worker.pipeline.overlay import COLOR, draw_overlay


@pytest.mark.parametrize("color", [False, True])
def test_overlay_tints_the_lesion_and_leaves_the_rest(color: bool) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (120, 150), np.uint8)
    frame = np.repeat(pixels[..., None], 3, axis=2) if color else pixels
    before = frame.copy()
    mask = EllipseLesion((60, 70), (30, 20)).mask(120, 150)
    overlay = draw_overlay(frame, mask, find_lesions(mask, mask.astype(np.float32)))
    assert np.array_equal(frame, before)
    assert overlay.shape == (120, 150, 3) and overlay.dtype == np.uint8
    far = ~EllipseLesion((60, 70), (33, 23)).mask(120, 150)
    assert np.array_equal(overlay[far], np.repeat(pixels[..., None], 3, axis=2)[far])
    inner = EllipseLesion((60, 70), (26, 16)).mask(120, 150)
    expected = pixels[inner][:, None] * 0.72 + np.array(COLOR) * 0.28
    assert np.abs(overlay[inner] - expected).max() <= 1
    drawn = overlay[60, 40].astype(int)
    assert np.abs(drawn - COLOR).max() < 24, "the contour is drawn in full colour"


def test_without_lesions_the_overlay_is_the_frame() -> None:
    pixels = np.arange(200, dtype=np.uint8).reshape(10, 20)
    overlay = draw_overlay(pixels, np.zeros((10, 20), bool), ())
    assert np.array_equal(overlay, np.repeat(pixels[..., None], 3, axis=2))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_masks_come_back_as_they_went(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.4
    data = encode_mask_png(mask)
    assert data == encode_mask_png(mask.copy())
    decoded = decode_mask_png(data)
    assert np.array_equal(decoded, mask)
    assert np.array_equal(decoded.view(np.uint8), mask.view(np.uint8))
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "1"


def test_a_mask_of_eight_bits_is_read_too() -> None:
    mask = np.eye(9, dtype=bool)
    assert np.array_equal(decode_mask_png(png_bytes(mask * np.uint8(255))), mask)


@pytest.mark.parametrize("data", [b"", b"no", png_bytes(np.zeros((4, 4, 3), np.uint8))])
def test_other_bytes_are_no_mask(data: bytes) -> None:
    with pytest.raises(ValueError, match="PNG"):
        decode_mask_png(data)


@pytest.mark.parametrize("shape", [(1, 1), (33, 47), (33, 47, 3)])
def test_frames_come_back_as_they_went(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    data = encode_png(pixels)
    assert data == encode_png(pixels.copy())
    assert np.array_equal(decode_png(data), pixels)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), pixels), "others read the same colours"


def test_other_bytes_are_no_frame() -> None:
    with pytest.raises(ValueError, match="PNG"):
        decode_png(b"\x89PNG....")
