"""PNG: images, masks and lesion numbers in folders of the same shape.

`images/SPLIT/NAME.png` the frame, `masks/SPLIT/NAME.png` 1 bit, white is lesion,
`lesions/SPLIT/NAME.png` 8 bits, each pixel the number of its lesion. The reader accepts any folders
in which an image and its mask have the same stem.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worker.formats.class_pictures import ClassPicture
from worker.formats.label_pictures import label_picture
from worker.formats.matching import (
    IMAGE_WORDS,
    MASK_WORDS,
    NUMBER_WORDS,
    Parts,
    folded,
    listed,
    normal,
    without_roles,
    words_of,
)
from worker.formats.pictures import PictureKind
from worker.formats.sample import LESION, MOST_LESIONS, Category, Member, Notes, Sample
from worker.formats.source import Finding, LabelError, Labelled, Read, Tree, is_image
from worker.pipeline import encode_mask_png, encode_png

Role = Literal["image", "mask", "numbers", ""]
_MASK_ENDING = re.compile(r"[_-](mask|seg|segmentation|label|gt|lesion)(_\d+)?$", re.IGNORECASE)


class PngWriter:
    """Writes the pictures of the layout, and nothing else."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = """images/SPLIT/NAME.png   the frame
masks/SPLIT/NAME.png    1 bit, white is lesion, as large as the frame
lesions/SPLIT/NAME.png  8 bits, the number of the lesion, 0 is background"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield three pictures for each sample."""
        for sample in samples:
            place = f"{sample.split}/{sample.name}.png"
            yield f"images/{place}", [sample.frame_png]
            yield f"masks/{place}", [encode_mask_png(sample.mask)]
            yield f"lesions/{place}", [number_png(sample.flat())]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield nothing."""
        return iter(())


def number_png(labels: NDArray[np.uint8]) -> bytes:
    """Encode uint8 [H,W] as an 8-bit grey PNG."""
    return encode_png(labels)


@dataclass
class _Group:
    """The files of one stem in parallel folders."""

    images: list[str] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def read(tree: Tree) -> Read:
    """Yield images with the masks of the same stem, in parallel folders or side by side.

    A folder named `masks`, `labels` or similar contains masks, one named `lesions` or `instances`
    lesion numbers; a file `NAME_mask.png` is also a mask, or several `NAME_mask_1.png`, one per
    lesion. Two masks of one image that are not such parts must agree, and a mask without its own
    image, whose stem continues an image's stem, may be a part as well.
    """
    groups = _groups(tree.names)
    more = _more_masks(groups)
    for key in sorted(groups):
        found = groups[key]
        images, masks, numbers = found.images, found.masks, found.numbers
        if len(images) > 1 and (masks or numbers):
            reason = f"{listed([*masks, *numbers])} may belong to any of {listed(images)}; rename."
            for name in images:
                yield Finding(name, "ambiguous", reason)
        elif len(numbers) > 1:
            for name in numbers:
                reason = f"{listed(numbers)} are lesion numbers of one image; keep one."
                yield Finding(name, "ambiguous", reason)
        elif not images:
            for name in [*masks, *numbers]:
                yield Finding(name, "no-image", "There is no image with this stem beside it.")
        elif (masks or numbers) and key in more:
            reason = f"{listed(more[key])} may be a mask of it too; call them NAME_mask_1 and on."
            yield Finding(images[0], "ambiguous", reason)
        elif masks or numbers:
            yield _labelled(tree, images[0], numbers, sorted(masks))
        else:
            for name in images:
                yield Finding(name, "no-label", "There is no mask with this stem.")


def _more_masks(groups: Mapping[Parts, _Group]) -> Mapping[Parts, list[str]]:
    """Masks without an image, by the image with the longest stem that starts theirs."""
    found: dict[Parts, list[str]] = defaultdict(list)
    for key, group in groups.items():
        if group.images:
            continue
        ends = [at.start() for at in re.finditer(r"[\W_]", key[-1])]
        for end in reversed(ends):
            shorter = (*key[:-1], key[-1][:end])
            if shorter in groups and groups[shorter].images:
                found[shorter] += [*group.masks, *group.numbers]
                break
    return found


def claims(names: Sequence[str]) -> int:
    """Number of images with a mask, by names alone."""
    found = _groups(names).values()
    return sum(bool(group.images and (group.masks or group.numbers)) for group in found)


def _labelled(tree: Tree, image: str, numbers: Sequence[str], masks: Sequence[str]) -> Labelled:
    key, data = PurePosixPath(image).stem, partial(tree.read, image)
    if not numbers and len(masks) == 1:
        # Several values in one mask are several classes.
        kinds = ClassPicture(partial(_values, tree, masks[0]))
        return Labelled(image, key, data, kinds.labels, classify=kinds.classes)
    return Labelled(image, key, data, partial(_both, tree, numbers, masks))


def _values(tree: Tree, name: str, height: int, width: int) -> NDArray[np.uint8]:
    return _not_inverted(label_picture(tree.read(name), height, width, PictureKind.MASK_VALUES))


def _groups(names: Iterable[str]) -> Mapping[Parts, _Group]:
    """Group images and masks by stem and folders, without folders for roles."""
    groups = _matched([(name, *_common_parts(name)) for name in names if is_image(name)])
    # The remaining names may differ only in case.
    left: dict[Parts, list[Parts]] = defaultdict(list)
    for key, group in groups.items():
        if not group.images or not (group.masks or group.numbers):
            left[tuple(map(folded, _stripped(key)))].append(key)
    for one, other in (keys for keys in left.values() if len(keys) == 2):
        image, mask = (one, other) if groups[one].images else (other, one)
        if not groups[mask].images:
            groups[image].masks += groups[mask].masks
            groups[image].numbers += groups.pop(mask).numbers
    return groups


def _matched(places: Iterable[tuple[str, Parts, Role]]) -> dict[Parts, _Group]:
    groups: dict[Parts, _Group] = defaultdict(_Group)
    unsure: list[tuple[str, Parts, Role]] = []
    for name, parts, role in places:
        key = tuple(map(normal, parts))
        if role == "image" or (not role and key == _stripped(key)):
            groups[key].images.append(name)
        else:
            unsure.append((name, key, role))
    # `a_mask` beside `a` is its mask; alone it is an image. In a folder of masks its image may be
    # named `a_mask` as well. Shorter names first: `a_lesion_mask` may belong to `a_lesion`.
    for name, key, role in sorted(unsure, key=lambda entry: (len(entry[1][-1]), entry[0])):
        if role:
            whole = bool(groups[key].images) if key in groups else False
            group = groups[key if whole else _stripped(key)]
            (group.numbers if role == "numbers" else group.masks).append(name)
        elif _stripped(key) in groups and groups[_stripped(key)].images:
            groups[_stripped(key)].masks.append(name)
        else:
            groups[key].images.append(name)
    return groups


def _stripped(key: Parts) -> Parts:
    """A key without the suffix that a mask's name adds to its image's."""
    return (*key[:-1], _MASK_ENDING.sub("", key[-1]))


def _common_parts(name: str) -> tuple[Parts, Role]:
    """The common part of the paths of image and mask, and the role that the folders state."""
    path = PurePosixPath(name)
    role: Role = ""
    for folder in path.parts[:-1]:
        words = set(words_of(folder))
        if words & NUMBER_WORDS:
            role = "numbers"
        elif words & MASK_WORDS:
            role = "mask"
        elif words & IMAGE_WORDS:
            role = "image"
    return (*without_roles(path.parts[:-1]), path.stem), role


def _both(
    tree: Tree, numbers: Sequence[str], masks: Sequence[str], height: int, width: int
) -> NDArray[np.uint8]:
    """Lesion numbers if present, else the masks; if both are present they must agree."""
    if not numbers:
        return _not_inverted(_masks(tree, masks, height, width))
    labels = label_picture(tree.read(numbers[0]), height, width, PictureKind.NUMBERS)
    if masks and not np.array_equal(labels > 0, _masks(tree, masks, height, width) > 0):
        raise LabelError(
            "masks-differ", f"{numbers[0]} and {listed(masks)} say different things; keep one."
        )
    return labels


def _not_inverted(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the labels unless they look inverted: the whole edge, over half but not all of it.

    Raises:
        LabelError: they look inverted.
    """
    marked = labels > 0
    edges = (marked[0], marked[-1], marked[:, 0], marked[:, -1])
    if all(edge.all() for edge in edges) and 0.5 < float(marked.mean()) < 1:
        raise LabelError(
            "unclear",
            "The mask marks the whole edge of the image and not all of its inside, as an inverted "
            "one does; write lesions white and the rest black.",
        )
    return labels


def _masks(tree: Tree, names: Sequence[str], height: int, width: int) -> NDArray[np.uint8]:
    if len(names) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} masks.")
    series: dict[str, list[str]] = defaultdict(list)
    for name in names:
        series[_series(name)].append(name)
    found = [_united(tree, parts, height, width) for parts in series.values()]
    if any(not np.array_equal(found[0] > 0, other > 0) for other in found[1:]):
        raise LabelError("masks-differ", f"{listed(names)} say different things; keep one.")
    return found[0]


def _series(name: str) -> str:
    """The folder and the word after the stem: masks with equal ones are parts of one label."""
    path = PurePosixPath(name)
    ending = _MASK_ENDING.search(path.stem)
    return f"{path.parent}/{ending.group(1).lower() if ending else ''}"


def _united(tree: Tree, names: Sequence[str], height: int, width: int) -> NDArray[np.uint8]:
    """Return one mask unchanged, or several, each a lesion; a pixel in two belongs to the first."""
    if len(names) == 1:
        return label_picture(tree.read(names[0]), height, width, PictureKind.MASK)
    if len({PurePosixPath(name).stem for name in names}) < len(names):
        raise LabelError("ambiguous", f"{listed(names)} differ in their ending only; keep one.")
    labels = np.zeros((height, width), np.uint8)
    for number, name in enumerate(names, 1):
        mask = label_picture(tree.read(name), height, width, PictureKind.MASK) > 0
        labels[mask & (labels == 0)] = number
    return labels
