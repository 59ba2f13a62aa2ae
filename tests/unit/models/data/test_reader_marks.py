"""Readers' marks are found by their colour, painted out, and set into other images."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.data.reader_marks import borrow_marks, paint_out, reader_marks
from models.data.samples import Pixels
from models.synthetic import random_scan

CROSS = (240, 230, 90)
FLOW = (220, 40, 20)
AT, FLOWING = (60, 80), (150, 60)
"""Rows and columns of a caliper and of a vessel in colour."""


@pytest.fixture
def tinted() -> NDArray[np.uint8]:
    """Return a simulated scan in a scanner's bluish tint, without marks."""
    scan = random_scan("breast", 7, kind="solid")
    grey = scan.pixels if scan.pixels.ndim == 2 else scan.pixels[..., 0]
    image = cv2.resize(grey, (320, 240))[..., None] * np.array([0.88, 0.94, 1.0])
    return image.astype(np.uint8)


def marked(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the image with a caliper, and with flow, which is not a mark."""
    image = image.copy()
    cv2.drawMarker(image, AT[::-1], CROSS, cv2.MARKER_CROSS, 9, 1)
    cv2.circle(image, FLOWING[::-1], 9, FLOW, -1)
    return image


def test_thin_marks_in_colour_are_found_and_flow_and_tint_are_not(
    tinted: NDArray[np.uint8],
) -> None:
    assert not reader_marks(tinted).any()
    rows, columns = np.nonzero(reader_marks(marked(tinted)))
    assert rows.size >= 9
    assert np.abs(rows - AT[0]).max() <= 5
    assert np.abs(columns - AT[1]).max() <= 5


def test_what_is_painted_out_has_the_tissues_colour_and_the_rest_stays(
    tinted: NDArray[np.uint8],
) -> None:
    image = marked(tinted)
    clean = paint_out(image, reader_marks(image))
    assert not reader_marks(clean).any()
    far = np.ones(image.shape[:2], bool)
    far[AT[0] - 9 : AT[0] + 10, AT[1] - 9 : AT[1] + 10] = False
    np.testing.assert_array_equal(clean[far], image[far])


def test_borrowed_marks_are_on_the_host_and_change_no_mask(tinted: NDArray[np.uint8]) -> None:
    lender = marked(tinted)
    host = Pixels(np.full((300, 400, 3), 60, np.uint8), np.zeros((300, 400), np.uint8))
    rng = np.random.default_rng(0)
    drawn = [borrow_marks(host, lender, reader_marks(lender), rng) for _ in range(8)]
    assert any(reader_marks(one.image).any() for one in drawn)
    assert all(one.mask is host.mask for one in drawn)
    nothing = borrow_marks(host, tinted, reader_marks(tinted), rng)
    assert nothing is host
