"""Data sets may contain anybody's files, so they are decoded where they can do no harm."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from models.data import samples
from models.data.samples import DataError, read_image, read_mask
from tests.synthetic import png_bytes, ultrasound
from worker.decoding import decoder


def test_images_and_masks_are_decoded_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def seen(channel: object, header: object, limits: object) -> object:
        asked.append(os.getpid())
        return picture(channel, header, limits)  # type: ignore[arg-type]

    picture = decoder.read_picture
    monkeypatch.setattr(decoder, "read_picture", seen)
    image = ultrasound(40, 48, seed=1)
    path = tmp_path / "image.png"
    path.write_bytes(png_bytes(image.pixels))
    assert np.array_equal(read_image(path)[..., 0], image.pixels)
    path.write_bytes(png_bytes((image.mask * 255).astype(np.uint8)))
    assert np.array_equal(read_mask(path), image.mask)
    assert len(asked) == 2
    assert not hasattr(samples, "Image"), "nothing here decodes by itself"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(png_bytes(ultrasound(40, 48, seed=1).pixels)[:-200])
    with pytest.raises(DataError, match=r"cut\.png is not an image"):
        read_image(path)
