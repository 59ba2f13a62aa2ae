"""Reading all images of a run before it starts, so that none stops it hours later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from models.data.samples import (
    DataError,
    Pixels,
    Sample,
    cache_at_area,
    files_by_stem,
    read_image,
    read_pixels,
)
from worker.pipeline.network import fit_size, resize_to_fit

_LISTED = 20
_IMAGES = "images"
_Read = TypeVar("_Read")


def load_samples(
    samples: Sequence[Sample], area: int, read: Callable[[Sample], Pixels] = read_pixels
) -> list[Pixels]:
    """Load all samples into memory, shrinking images above `area` pixels with aspect kept.

    Raises:
        DataError: files cannot be used; the message lists them.
    """

    def load(sample: Sample) -> Pixels:
        _require_content(sample.image, sample.mask)
        return cache_at_area([sample], area, read)[0]

    return _all_or_listed(samples, load)


def require_readable(
    samples: Sequence[Sample], read: Callable[[Sample], Pixels] = read_pixels
) -> None:
    """Decode each sample once.

    Raises:
        DataError: files cannot be used; the message lists them.
    """

    def check(sample: Sample) -> None:
        _require_content(sample.image, sample.mask)
        read(sample)

    _all_or_listed(samples, check)


def load_unlabelled(folders: Sequence[Path], area: int, held_out: Iterable[Sample]) -> list[Pixels]:
    """Load images without masks into memory, shrunk as in :func:`load_samples`.

    Args:
        folders: images are directly in each, or in its subfolder `images`.
        area: maximum number of pixels.
        held_out: samples that must not be among the images, compared by bytes.

    Returns:
        Pixels whose mask is 0 everywhere, as the lesions are unknown.

    Raises:
        DataError: a folder holds no image, an image is held out, or files cannot be used.
    """
    paths: list[Path] = []
    for folder in folders:
        inner = folder / _IMAGES
        paths += files_by_stem(inner if inner.is_dir() else folder).values()
    kept = {_digest(sample.image): sample.image for sample in held_out}

    def load(path: Path) -> Pixels:
        _require_content(path)
        if (digest := _digest(path)) in kept:
            raise DataError(f"{path} is the held-out image {kept[digest]}.")
        image = read_image(path)
        height, width = image.shape[:2]
        if height * width > area:
            image = resize_to_fit(image, fit_size(height, width, area, multiple=1))
        return Pixels(image, np.zeros(image.shape[:2], np.uint8))

    return _all_or_listed(paths, load)


_Item = TypeVar("_Item")


def _all_or_listed(items: Sequence[_Item], read: Callable[[_Item], _Read]) -> list[_Read]:
    done: list[_Read] = []
    broken: list[str] = []
    for item in items:
        try:
            done.append(read(item))
        except DataError as error:
            broken.append(str(error))
        except OSError as error:
            broken.append(f"{error.filename} cannot be read: {error.strerror}.")
    if not broken:
        return done
    listed = "\n".join(broken[:_LISTED])
    more = f"\n… and {len(broken) - _LISTED} more" if len(broken) > _LISTED else ""
    raise DataError(
        f"{len(broken)} of {len(items)} images cannot be used; replace them, or remove them and "
        f"their rows of the table:\n{listed}{more}"
    )


def _require_content(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and not path.stat().st_size:
            raise DataError(f"{path} is empty.")


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
