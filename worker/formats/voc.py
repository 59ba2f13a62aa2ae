"""Pascal VOC: palette PNGs of class and object, an XML of boxes, lists of names.

The development kit's layout (VOC2012 devkit_doc), except that images are PNG instead of JPEG, so
that no pixel changes, and that there is no "void" border of 255 around objects.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.formats.class_pictures import ClassPicture
from worker.formats.documents import read_text
from worker.formats.label_pictures import label_picture
from worker.formats.matching import Parts, listed, normal
from worker.formats.pictures import VOC_COLOURS, Colour, Legend, PictureKind
from worker.formats.sample import LESION, Category, Member, Notes, Sample
from worker.formats.source import Finding, LabelError, Labelled, Read, Tree, is_image

LISTS: dict[str, tuple[str, ...]] = {
    "train": ("train",),
    "val": ("validation",),
    "trainval": ("train", "validation"),
    "test": ("test",),
}
LEGEND_FILE = "labelmap.txt"
LEGEND_LIMIT = 1024 * 1024
_COLOUR = re.compile(r"\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*")
_ROLES = {
    "jpegimages": "image",
    "images": "image",
    "segmentationclass": "class",
    "segmentationobject": "object",
}


class VocWriter:
    """Writes the folders of the development kit."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = """JPEGImages/NAME.png           the frame; PNG in spite of the folder's name
SegmentationClass/NAME.png    palette, the number of the class
SegmentationObject/NAME.png   palette, the number of the lesion
Annotations/NAME.xml          boxes, from 1, both ends included
ImageSets/Segmentation/*.txt  names of train, val, trainval, test
labelmap.txt                  names of the classes and their colours"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield four files for each sample."""
        for sample in samples:
            name = sample.name
            yield f"JPEGImages/{name}.png", [sample.frame_png]
            yield (
                f"SegmentationClass/{name}.png",
                [palette_png(sample.classes())],
            )
            yield f"SegmentationObject/{name}.png", [palette_png(sample.flat())]
            yield f"Annotations/{name}.xml", [_xml(sample)]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield the non-empty lists, and the colours of classes."""
        # Without it, CVAT and Datumaro treat the first class as an aeroplane.
        rows = [("background", VOC_COLOURS[0])]
        rows += [(one.name.replace(":", " "), VOC_COLOURS[one.number]) for one in self.categories]
        lines = (f"{name}:{r},{g},{b}::\n" for name, (r, g, b) in rows)
        yield LEGEND_FILE, ["".join(lines).encode()]
        for name, splits in LISTS.items():
            if any(note["split"] in splits for note in notes()):
                yield f"ImageSets/Segmentation/{name}.txt", _names(notes, splits)


def _names(notes: Notes, splits: tuple[str, ...]) -> Iterator[bytes]:
    return (f"{note['name']}\n".encode() for note in notes() if note["split"] in splits)


def palette_png(labels: NDArray[np.uint8]) -> bytes:
    """Encode uint8 [H,W] as PNG with the development kit's colours."""
    image = Image.fromarray(labels)
    image.putpalette(_PALETTE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


_PALETTE = [value for colour in VOC_COLOURS for value in colour]


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
        _add(entry, "name", sample.category(number).name)
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
    # Characters that XML 1.0 does not allow, even escaped, are left out.
    text = "".join(c for c in str(value) if c in "\t\n\r" or ord(c) >= 32)
    Xml.SubElement(parent, tag).text = text


def read(tree: Tree) -> Read:
    """Yield images with the numbers of `SegmentationObject`, else with the union of the classes.

    Colours are those of the development kit, or of `labelmap.txt` if there is one. Whole folder
    paths are compared, so that several data sets in one archive stay separate. The XML of boxes is
    not read: it adds nothing to the pictures.
    """
    found: dict[Parts, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in tree.names:
        if is_image(name) and (place := _file_role(name)):
            found[place[1]][place[0]].append(name)
    legends = _Legends(tree)
    for key in sorted(found):
        images, classes, objects = (found[key][role] for role in ("image", "class", "object"))
        labels = [*objects, *classes]
        if not images:
            for name in labels:
                yield Finding(name, "no-image", "There is no image of this segmentation.")
        elif not labels:
            for name in images:
                yield Finding(name, "no-label", "There is no segmentation of this image.")
        elif len(images) > 1 or len(classes) > 1 or len(objects) > 1:
            several = [files for files in (images, classes, objects) if len(files) > 1]
            reason = f"{listed(several[0])} differ in their ending only; keep one."
            for name in images:
                yield Finding(name, "ambiguous", reason)
        else:
            image = partial(tree.read, images[0])
            numbers = partial(_numbers, tree, legends, classes, objects)
            if not classes:
                yield Labelled(images[0], key[-1], image, numbers)
                continue
            names = partial(_class_names, legends, classes[0])
            kinds = ClassPicture(partial(_values, tree, legends, classes[0]), names)
            drawn = numbers if objects else kinds.labels
            yield Labelled(images[0], key[-1], image, drawn, classify=kinds.classes)


def claims(names: Sequence[str]) -> int:
    """Number of images with a segmentation, or of segmentations."""
    found: dict[Parts, set[str]] = defaultdict(set)
    for name in names:
        if is_image(name) and (place := _file_role(name)):
            found[place[1]].add(place[0])
    return sum(bool(roles & {"class", "object"}) for roles in found.values())


def _file_role(name: str) -> tuple[str, Parts] | None:
    """The kind of a file, the data set's folder, the folders inside it, and the stem."""
    path = PurePosixPath(name)
    for at, folder in enumerate(path.parts[:-1]):
        if role := _ROLES.get(folder.lower()):
            parts = (*path.parts[:at], *path.parts[at + 1 : -1], path.stem)
            return role, tuple(map(normal, parts))
    return None


class _Legends:
    """`labelmap.txt` of each data set, with lines `name:red,green,blue:parts:actions`."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._files = {
            PurePosixPath(name).parent.parts: name
            for name in tree.names
            if PurePosixPath(name).name == LEGEND_FILE
        }

    def of(self, name: str) -> Legend | None:
        """Return the legend in the nearest folder above a file.

        Raises:
            LabelError: it cannot be read.
        """
        folders = PurePosixPath(name).parts[:-1]
        for length in range(len(folders), -1, -1):
            if file := self._files.get(folders[:length]):
                return read_legend(self._tree, file)
        return None


def read_legend(tree: Tree, name: str) -> Legend:
    """Read classes by colour, in the order of the file.

    Raises:
        LabelError: it is not such a list.
    """
    legend: dict[Colour, str] = {}
    unsaid: list[str] = []
    for line in read_text(tree, name, LEGEND_LIMIT).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        called, _, rest = line.partition(":")
        if not rest.partition(":")[0].strip():
            unsaid.append(called.strip())
            continue
        match = _COLOUR.fullmatch(rest.partition(":")[0].strip())
        values = tuple(int(value) for value in match.groups()) if match else ()
        if len(values) != 3 or max(values) > 255 or values in legend:
            raise LabelError(
                "bad-legend", f"{name} is no list of `name:red,green,blue::` with its own colours."
            )
        legend[values] = called.strip()
    if unsaid and legend:
        raise LabelError("bad-legend", f"{name} has classes without a colour; add theirs.")
    # Without any, Datumaro assigns the development kit's colours in order.
    return legend or dict(zip(VOC_COLOURS, unsaid, strict=False))


def _class_names(legends: _Legends, name: str) -> dict[int, str]:
    return dict(enumerate((legends.of(name) or {}).values()))


def _values(tree: Tree, legends: _Legends, name: str, height: int, width: int) -> NDArray[np.uint8]:
    return label_picture(tree.read(name), height, width, PictureKind.CLASS_VALUES, legends.of(name))


def _numbers(
    tree: Tree,
    legends: _Legends,
    classes: Sequence[str],
    objects: Sequence[str],
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    numbers = label_picture(tree.read(objects[0]), height, width, PictureKind.NUMBERS)
    if classes:
        legend = legends.of(classes[0])
        drawn = label_picture(tree.read(classes[0]), height, width, PictureKind.CLASSES, legend) > 0
        if not np.array_equal(drawn, numbers > 0):
            if legend is None or (drawn & (numbers == 0)).any():
                raise LabelError(
                    "masks-differ",
                    f"{objects[0]} and {classes[0]} say different things; keep one.",
                )
            numbers = np.where(drawn, numbers, 0).astype(np.uint8)  # objects that are not lesions
    return numbers
