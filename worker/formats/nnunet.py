"""nnU-Net v2: raw data set folder for natural images, with the split as `splits_final.json`.

Layout: documentation/dataset_format.md of nnU-Net. Training and validation are in `imagesTr`; the
test part is in `imagesTs`, with its labels in `labelsTs`. nnU-Net requires the same channels in all
cases, and some frames have colour, so all are written as RGB.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.formats.class_pictures import ClassPicture
from worker.formats.documents import read_json
from worker.formats.label_pictures import label_picture
from worker.formats.matching import Parts, listed, normal
from worker.formats.pictures import PictureKind
from worker.formats.png import number_png
from worker.formats.sample import LESION, Category, Member, Notes, Sample
from worker.formats.source import BACKGROUNDS, Finding, LabelError, Labelled, Read, Tree, is_image
from worker.pipeline import encode_png

FOLDER = "Dataset001_Lesion"
_IMAGES = {"imagesTr": "Tr", "imagesTs": "Ts"}
_LABELS = {"labelsTr": "Tr", "labelsTs": "Ts"}
_FIRST = "_0000"
"""The suffix of a first-channel file after its case."""
_VOLUMES = (".nii", ".nii.gz", ".mha", ".nrrd", ".npz", ".npy", ".b2nd")


class NnunetWriter:
    """Writes the folder for `nnUNet_raw`."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = f"""{FOLDER}/imagesTr/lesion_NAME_0000.png  the frame as RGB; train and validation
{FOLDER}/labelsTr/lesion_NAME.png       0 background, else the class by dataset.json
{FOLDER}/imagesTs, labelsTs             the same of the test part
{FOLDER}/dataset.json                   for nnU-Net v2
{FOLDER}/splits_final.json              copy it to the folder in nnUNet_preprocessed
Numbers and names of lesions have no place in this format."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield two files for each sample."""
        for sample in samples:
            part = "Ts" if sample.split == "test" else "Tr"
            frame = sample.frame()
            if frame.ndim == 2:
                frame = np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB), np.uint8)
            case = case_of(sample.name)
            yield f"{FOLDER}/images{part}/{case}_0000.png", [encode_png(frame)]
            yield f"{FOLDER}/labels{part}/{case}.png", [number_png(sample.classes())]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield `dataset.json` and `splits_final.json`."""
        description = {
            "channel_names": {"0": "R", "1": "G", "2": "B"},
            "labels": {"background": 0} | {one.name: one.number for one in self.categories},
            "numTraining": sum(note["split"] != "test" for note in notes()),
            "file_ending": ".png",
            "overwrite_image_reader_writer": "NaturalImage2DIO",
        }
        yield f"{FOLDER}/dataset.json", [json.dumps(description, indent=1).encode() + b"\n"]
        yield f"{FOLDER}/splits_final.json", _splits(notes)


def case_of(name: str) -> str:
    """Return the name of a sample's case in nnU-Net."""
    return f"lesion_{name}"


def _splits(notes: Notes) -> Iterator[bytes]:
    yield b'[{"train": ['
    yield from _cases(notes, "train")
    yield b'], "val": ['
    yield from _cases(notes, "validation")
    yield b"]}]\n"


def _cases(notes: Notes, split: str) -> Iterator[bytes]:
    names = (note["name"] for note in notes() if note["split"] == split)
    for place, name in enumerate(names):
        yield (", " if place else "").encode() + json.dumps(case_of(name)).encode()


def read(tree: Tree) -> Read:
    """Yield cases of `labelsTr` and `labelsTs` with the first channel file of their image.

    An image must be in the folder beside its label's: this separates data sets in one archive, and
    training from test.
    """
    images: dict[Parts, list[str]] = defaultdict(list)
    for name in tree.names:
        path = PurePosixPath(name)
        part = _IMAGES.get(path.parent.name)
        if is_image(name) and part and path.stem.endswith(_FIRST):
            images[_key(path, part, path.stem.removesuffix(_FIRST))].append(name)
    for name in tree.names:
        path = PurePosixPath(name)
        part = _LABELS.get(path.parent.name)
        if part is None:
            continue
        if name.lower().endswith(_VOLUMES):
            reason = "Volumes are not read; convert the images and labels to PNG."
            yield Finding(name, "unsupported-format", reason)
        elif is_image(name):
            found = images.get(_key(path, part, path.stem), [])
            if len(found) == 1:
                kinds = ClassPicture(partial(_values, tree, name), partial(_names, tree, path))
                key = path.stem.removeprefix("lesion_")
                image = partial(tree.read, found[0])
                yield Labelled(found[0], key, image, kinds.labels, classify=kinds.classes)
            elif found:
                reason = f"{listed(found)} are images of this case; keep one."
                yield Finding(name, "ambiguous", reason)
            else:
                reason = f"There is no image {path.stem}{_FIRST} in the folder beside it."
                yield Finding(name, "no-image", reason)


def claims(names: Sequence[str]) -> int:
    """Number of label pictures."""
    return sum(PurePosixPath(name).parent.name in _LABELS and is_image(name) for name in names)


def _key(path: PurePosixPath, part: str, case: str) -> Parts:
    return tuple(map(normal, (*path.parts[:-2], part, case)))


def _values(tree: Tree, name: str, height: int, width: int) -> NDArray[np.uint8]:
    """The class numbers; those that `dataset.json` marks as ignored become background.

    Raises:
        LabelError: it is not a label, or has a number that `dataset.json` does not list.
    """
    values = label_picture(tree.read(name), height, width, PictureKind.MASK_VALUES)
    labels = _listed(tree, PurePosixPath(name))
    if labels is None:
        return values
    known = {0} | {number for _, numbers in labels for number in numbers}
    if unknown := sorted(set(np.unique(values).tolist()) - known):
        raise LabelError(
            "unknown-colour",
            f"{unknown[0]} is not a label of dataset.json; add it there or correct it.",
        )
    ignored = [one for text, numbers in labels if text.lower() in BACKGROUNDS for one in numbers]
    return np.where(np.isin(values, ignored), np.uint8(0), values)


def _names(tree: Tree, label: PurePosixPath) -> dict[int, str]:
    """Classes by number.

    Raises:
        LabelError: `dataset.json` cannot be read.
    """
    # Numbers in version 2 may be lists: regions that are unions of classes.
    return {numbers[0]: text for text, numbers in _listed(tree, label) or () if len(numbers) == 1}


def _listed(tree: Tree, label: PurePosixPath) -> list[tuple[str, list[int]]] | None:
    """Names and numbers as in `dataset.json`: by name in version 2, by number in version 1.

    Returns None if there is no such list.

    Raises:
        LabelError: it cannot be read.
    """
    file = (label.parent.parent / "dataset.json").as_posix()
    document = read_json(tree, file) if file in tree.names else None
    labels = document.get("labels") if isinstance(document, dict) else None
    if not isinstance(labels, dict):
        return None
    found = []
    for name, number in labels.items():
        if isinstance(number, str) and name.isascii() and name.isdigit() and len(name) < 4:
            found.append((number, [int(name)]))
        else:
            numbers = number if isinstance(number, list) else [number]
            found.append((name, [one for one in numbers if type(one) is int]))
    return found
