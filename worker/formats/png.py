"""PNG: images, masks and lesion numbers in folders of the same shape.

`images/SPLIT/NAME.png` the frame, `masks/SPLIT/NAME.png` 1 bit, white is lesion,
`lesions/SPLIT/NAME.png` 8 bits, each pixel the number of its lesion. The reader takes any folders
in which an image and its mask have the same stem.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worker.formats.pictures import label_picture
from worker.formats.sample import MOST_LESIONS, Member, Notes, Sample
from worker.formats.source import Finding, LabelError, Labelled, Read, Tree, is_image
from worker.pipeline import encode_mask_png, encode_png

Role = Literal["image", "mask", "numbers"]
_IMAGES = {"images", "image", "imgs", "img", "frames", "jpegimages"}
_MASKS = {"masks", "mask", "labels", "label", "segmentations", "segmentation", "seg", "gt"}
_MASKS |= {"groundtruth", "ground_truth", "annotations", "segmentationclass"}
_NUMBERS = {"lesions", "instances", "segmentationobject"}
_MASK_ENDING = re.compile(r"[_-](mask|seg|segmentation|label|gt|lesion)(_\d+)?$", re.IGNORECASE)


class PngWriter:
    """Writes the layout; nothing but the pictures."""

    samples_per_file = 1
    layout = """images/SPLIT/NAME.png   the frame
masks/SPLIT/NAME.png    1 bit, white is lesion, as large as the frame
lesions/SPLIT/NAME.png  8 bits, the number of the lesion, 0 is background"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Three pictures for each sample."""
        for sample in samples:
            place = f"{sample.split}/{sample.name}.png"
            yield f"images/{place}", [sample.frame_png]
            yield f"masks/{place}", [encode_mask_png(sample.mask)]
            yield f"lesions/{place}", [number_png(sample.labels)]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Nothing more."""
        return iter(())


def number_png(labels: NDArray[np.uint8]) -> bytes:
    """8-bit grey PNG of uint8 [H,W]."""
    return encode_png(labels)


def read(tree: Tree) -> Read:
    """Images with the masks of the same stem, in folders of the same shape or side by side.

    A folder called `masks`, `labels` or the like holds masks, one called `lesions` or `instances`
    lesion numbers; so does a file `NAME_mask.png`, or several `NAME_mask_1.png`, one per lesion.
    """
    by_key: dict[str, dict[Role, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in tree.names:
        if is_image(name):
            key, role = _place(name)
            by_key[key][role].append(name)
    for key in sorted(by_key):
        found = by_key[key]
        images, masks, numbers = found["image"], found["mask"], found["numbers"]
        if len(images) > 1 or len(numbers) > 1:
            for name in [*images, *numbers]:
                yield Finding(name, "ambiguous", "Several files have this stem; rename them.")
        elif not images:
            for name in [*masks, *numbers]:
                yield Finding(name, "no-image", "There is no image with this stem.")
        elif numbers:
            labels = partial(_numbers, tree, numbers[0])
            yield _labelled(tree, images[0], labels)
        elif masks:
            yield _labelled(tree, images[0], partial(_masks, tree, sorted(masks)))
        else:
            yield Finding(images[0], "no-label", "There is no mask with this stem.")


def _labelled(tree: Tree, image: str, labels: Callable[[int, int], NDArray[np.uint8]]) -> Labelled:
    return Labelled(image, PurePosixPath(image).stem, partial(tree.read, image), labels)


def _place(name: str) -> tuple[str, Role]:
    """What image and mask have in common in their paths, and which of them this is."""
    path = PurePosixPath(name)
    role: Role = "image"
    folders = []
    for folder in path.parts[:-1]:
        word = folder.lower()
        if word in _NUMBERS:
            role = "numbers"
        elif word in _MASKS:
            role = "mask"
        elif word not in _IMAGES:
            folders.append(folder)
    stem = path.stem
    if role == "image" and _MASK_ENDING.search(stem):
        role = "mask"
    if role == "mask":
        stem = _MASK_ENDING.sub("", stem)
    return "/".join([*folders, stem]), role


def _numbers(tree: Tree, name: str, height: int, width: int) -> NDArray[np.uint8]:
    return label_picture(tree.read(name), height, width, numbered=True)


def _masks(tree: Tree, names: Sequence[str], height: int, width: int) -> NDArray[np.uint8]:
    if len(names) == 1:
        return label_picture(tree.read(names[0]), height, width, numbered=False)
    if len(names) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} masks.")
    labels = np.zeros((height, width), np.uint8)
    for number, name in enumerate(names, 1):
        mask = label_picture(tree.read(name), height, width, numbered=False) > 0
        labels[mask & (labels == 0)] = number
    return labels
