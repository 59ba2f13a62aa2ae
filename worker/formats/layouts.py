"""Formats by name, and which one an archive is in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from worker.formats import coco_reader, labelme, nnunet, png, tfrecord, voc, yolo
from worker.formats.coco import CocoWriter
from worker.formats.labelme import LabelmeWriter
from worker.formats.nnunet import NnunetWriter
from worker.formats.png import PngWriter
from worker.formats.sample import Writer
from worker.formats.source import LabelError, Read, Tree, words_in
from worker.formats.tfrecord import TfrecordWriter
from worker.formats.voc import VocWriter
from worker.formats.yolo import YoloWriter

WRITERS: dict[str, type[Writer]] = {
    "png": PngWriter,
    "coco": CocoWriter,
    "labelme": LabelmeWriter,
    "yolo-seg": YoloWriter,
    "voc": VocWriter,
    "tfrecord": TfrecordWriter,
    "nnunet": NnunetWriter,
}
"""What the api calls a format, and what writes it."""

READERS: dict[str, Callable[[Tree], Read]] = {
    "png": png.read,
    "coco": coco_reader.read,
    "labelme": labelme.read,
    "yolo-seg": yolo.read,
    "voc": voc.read,
    "tfrecord": tfrecord.read,
    "nnunet": nnunet.read,
}
_LOOK_INTO = 5
_OWN_TABLES = {"manifest.json", "dataset.json", "splits_final.json"}


def layout_of(tree: Tree) -> str:
    """The format of an archive, from the names of its files and a look into its first tables.

    Anything that looks like no other is taken for images and masks.
    """
    paths = [PurePosixPath(name) for name in tree.names]
    if any(path.suffix == ".tfrecord" for path in paths):
        return "tfrecord"
    folders = {part for path in paths for part in path.parts[:-1]}
    if "labelsTr" in folders:
        return "nnunet"
    if folders & {"SegmentationClass", "SegmentationObject"}:
        return "voc"
    tables = [p for p in paths if p.suffix.lower() == ".json" and p.name not in _OWN_TABLES]
    if tables:
        return "coco" if _is_coco(tree, [path.as_posix() for path in tables]) else "labelme"
    if {"images", "labels"} <= folders and any(
        path.suffix == ".txt" and "labels" in path.parts for path in paths
    ):
        return "yolo-seg"
    return "png"


def _is_coco(tree: Tree, names: Sequence[str]) -> bool:
    """Whether a table, if it is one of labels at all, has one list for many images."""
    for name in names[:_LOOK_INTO]:
        try:
            found = words_in(tree, name, (b'"shapes"', b'"annotations"', b'"images"'))
        except LabelError:
            continue
        if b'"shapes"' in found:
            return False
        if len(found) == 2:
            return True
    return False
