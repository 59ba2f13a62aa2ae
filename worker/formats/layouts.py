"""Formats by name."""

from __future__ import annotations

from worker.formats.coco import CocoWriter
from worker.formats.labelme import LabelmeWriter
from worker.formats.nnunet import NnunetWriter
from worker.formats.png import PngWriter
from worker.formats.sample import Writer
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
