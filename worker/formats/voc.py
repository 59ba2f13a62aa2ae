"""Pascal VOC: palette PNGs of class and object, an XML of boxes, lists of names.

The development kit's layout (VOC2012 devkit_doc), but that images are PNG instead of JPEG, so
that no pixel changes, and that there is no "void" border of 255 around objects.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.formats.pictures import label_picture
from worker.formats.sample import CATEGORY, Member, Notes, Sample, components
from worker.formats.source import Finding, Labelled, Read, Tree, is_image

LISTS: dict[str, tuple[str, ...]] = {
    "train": ("train",),
    "val": ("validation",),
    "trainval": ("train", "validation"),
    "test": ("test",),
}


class VocWriter:
    """The folders of the development kit."""

    samples_per_file = 1
    layout = """JPEGImages/NAME.png           the frame; PNG in spite of the folder's name
SegmentationClass/NAME.png    palette, 1 is lesion
SegmentationObject/NAME.png   palette, the number of the lesion
Annotations/NAME.xml          boxes, from 1, both ends included
ImageSets/Segmentation/*.txt  names of train, val, trainval, test"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Four files for each sample."""
        for sample in samples:
            name = sample.name
            yield f"JPEGImages/{name}.png", [sample.frame_png]
            yield (
                f"SegmentationClass/{name}.png",
                [palette_png(sample.mask.astype(np.uint8))],
            )
            yield f"SegmentationObject/{name}.png", [palette_png(sample.labels)]
            yield f"Annotations/{name}.xml", [_xml(sample)]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """The lists, each if it names anything."""
        for name, splits in LISTS.items():
            if any(note["split"] in splits for note in notes()):
                yield f"ImageSets/Segmentation/{name}.txt", _names(notes, splits)


def _names(notes: Notes, splits: tuple[str, ...]) -> Iterator[bytes]:
    return (f"{note['name']}\n".encode() for note in notes() if note["split"] in splits)


def palette_png(labels: NDArray[np.uint8]) -> bytes:
    """PNG of uint8 [H,W] with the development kit's colours."""
    image = Image.fromarray(labels)
    image.putpalette(_PALETTE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _colour(number: int) -> tuple[int, int, int]:
    """The colour of a number: its bits in turn, from the top of each channel (VOClabelcolormap)."""
    channels = [0, 0, 0]
    for shift in range(8):
        for channel in range(3):
            channels[channel] |= ((number >> channel) & 1) << (7 - shift)
        number >>= 3
    return channels[0], channels[1], channels[2]


_PALETTE = [value for number in range(256) for value in _colour(number)]


def _xml(sample: Sample) -> bytes:
    grey = sample.frame_png[25] == 0  # colour type in IHDR (PNG 11.2.1)
    root = Xml.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", f"{sample.name}.png")
    size = Xml.SubElement(root, "size")
    _add(size, "width", sample.width)
    _add(size, "height", sample.height)
    _add(size, "depth", 1 if grey else 3)
    _add(root, "segmented", 1)
    for number in sample.numbers:
        rows, columns = np.nonzero(sample.lesion(number))
        entry = Xml.SubElement(root, "object")
        _add(entry, "name", CATEGORY)
        _add(entry, "pose", "Unspecified")
        _add(entry, "truncated", 0)
        _add(entry, "difficult", 0)
        _add(entry, "lesion", number)
        if number in sample.names:
            _add(entry, "description", sample.names[number])
        box = Xml.SubElement(entry, "bndbox")
        _add(box, "xmin", int(columns.min()) + 1)
        _add(box, "ymin", int(rows.min()) + 1)
        _add(box, "xmax", int(columns.max()) + 1)
        _add(box, "ymax", int(rows.max()) + 1)
    Xml.indent(root)
    document: bytes = Xml.tostring(root, encoding="utf-8")
    return document + b"\n"


def _add(parent: Xml.Element, tag: str, value: object) -> None:
    # Characters that XML 1.0 cannot hold, even escaped, are left out.
    text = "".join(c for c in str(value) if c in "\t\n\r" or ord(c) >= 32)
    Xml.SubElement(parent, tag).text = text


def read(tree: Tree) -> Read:
    """Images with the numbers of `SegmentationObject`, else with the classes' union.

    The XML of boxes is not read: it says nothing that the pictures do not.
    """
    pictures: dict[str, dict[str, str]] = {}
    for name in tree.names:
        path = PurePosixPath(name)
        if is_image(name):
            pictures.setdefault(path.parent.name, {})[path.stem] = name
    objects = pictures.get("SegmentationObject", {})
    classes = pictures.get("SegmentationClass", {})
    for stem, name in sorted(pictures.get("JPEGImages", {}).items()):
        label = objects.get(stem) or classes.get(stem)
        if label is None:
            yield Finding(name, "no-label", "There is no segmentation of this image.")
            continue
        labels = partial(_labels, tree, label, numbered=stem in objects)
        yield Labelled(name, stem, partial(tree.read, name), labels)


def _labels(tree: Tree, name: str, height: int, width: int, *, numbered: bool) -> NDArray[np.uint8]:
    found = label_picture(tree.read(name), height, width, numbered=True)
    return found if numbered else components(found > 0)
