"""Formats by name, and detection of an archive's format."""

from __future__ import annotations

from collections.abc import Callable

from worker.formats import coco_reader, labelme, nnunet, png, tfrecord, voc, xml_labels, yolo
from worker.formats.coco import CocoWriter
from worker.formats.documents import count_in, top_keys
from worker.formats.labelme import LabelmeWriter
from worker.formats.nnunet import NnunetWriter
from worker.formats.png import PngWriter
from worker.formats.sample import Writer
from worker.formats.source import Finding, LabelError, Read, Tree
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
"""Writers by the format's name in the API."""

READERS: dict[str, Callable[[Tree], Read]] = {
    "png": png.read,
    "coco": coco_reader.read,
    "labelme": labelme.read,
    "yolo-seg": yolo.read,
    "voc": voc.read,
    "tfrecord": tfrecord.read,
    "nnunet": nnunet.read,
    "cvat": xml_labels.read_cvat,
    "labelme-xml": xml_labels.read_labelme,
    "voc-xml": xml_labels.read_voc,
}
_COUNT_BY_NAME = 1000
"""Number of labels that a TFRecord counts as: it contains many, and its suffix is unambiguous."""


def layout_of(tree: Tree) -> str:
    """Return the format of an archive: the one in which most images have a label.

    It is determined from file names and the contents of tables, so a stray file changes nothing. An
    archive without any label counts as images and masks.
    """
    return _ranked(tree)[0][0]


def left_out(tree: Tree, layout: str) -> list[Finding]:
    """Files that look like labels in a format other than the one being read."""
    by_folder = {"voc", "nnunet"}
    found = []
    for other, count in _ranked(tree):
        same = other == layout or (other == "png" and layout in by_folder)
        if count and not same:
            reason = (
                f"The archive is read as {layout}; {count} labels that look like {other} were left "
                "out. Send them in an archive of their own if they are wanted."
            )
            found.append(Finding(other, "other-format", reason, bad=False))
    return found


def _ranked(tree: Tree) -> list[tuple[str, int]]:
    """Formats with their apparent number of labels, most first.

    If two have equally many, the more specific one comes first.
    """
    names = tree.names
    json_coco, json_labelme = _in_tables(tree)
    cvat, xml_labelme, xml_voc = xml_labels.claims(tree)
    counts = {
        "tfrecord": _COUNT_BY_NAME * sum(n.lower().endswith(tfrecord.ENDING) for n in names),
        "nnunet": nnunet.claims(names),
        "voc": voc.claims(names),
        "coco": json_coco,
        "labelme": json_labelme,
        "cvat": cvat,
        "labelme-xml": xml_labelme,
        "yolo-seg": yolo.claims(tree),
        "png": png.claims(names),
    }
    # VOC has an XML beside each picture of classes, and also beside many images without one.
    counts["voc-xml"] = 0 if counts["voc"] else xml_voc
    ranked = sorted(counts.items(), key=lambda entry: -entry[1])
    return ranked if ranked[0][1] else [("png", 0)]


def _in_tables(tree: Tree) -> tuple[int, int]:
    """Count images in COCO files, by their image names, and labelme files."""
    coco = labelme_files = 0
    enough = {"images", "annotations"}
    for name in coco_reader.documents(tree.names):
        try:
            keys = top_keys(tree, name, enough, {"shapes"})
            if "shapes" in keys:
                labelme_files += 1
            elif enough <= keys:
                coco += max(1, count_in(tree, name, b'"file_name"'))
        except LabelError:
            continue  # its reader reports it
    return coco, labelme_files
