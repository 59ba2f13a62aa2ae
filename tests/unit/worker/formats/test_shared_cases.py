"""Archives that once came out wrong: each label on its own image, or a refusal with a reason."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from worker.formats.layouts import READERS, layout_of, left_out
from worker.formats.originals import image_of
from worker.formats.source import Finding
from worker.ingest import Decoded, DecodeError, DecodeLimits, decode
from worker.labels_import.archive import ArchiveLimits, ZipTree
from worker.labels_import.table import Table

FOLDER = Path(__file__).parents[5] / "shared" / "cases" / "imports"
LIMITS = ArchiveLimits(file_bytes=2**26, total_bytes=2**30)
ONE, TWO = 697, 437
"""Areas of the two discs, px."""

RIGHT: dict[str, tuple[set[tuple[str, int]], set[str]]] = {
    "voc_class_only_red": ({("a", ONE + TWO)}, set()),
    "voc_binary_0_255": ({("a", ONE)}, set()),
    "lesions_folder_0_255": ({("a", ONE)}, set()),
    "rgba_black_on_transparent": ({("a", ONE)}, set()),
    "rgba_white_everywhere_alpha_is_mask": ({("a", ONE)}, set()),
    "masks_with_labels_0_to_9": ({("a", ONE + 8 * 25)}, set()),
    "coco_other_patient": (set(), {"no-image"}),
    "nnunet_two_data_sets": ({("D1/c", ONE), ("D2/c", TWO)}, set()),
    "voc_a_jpg_and_a_png": (set(), {"ambiguous"}),
    "coco_image_id_float": ({("a", 1600)}, set()),
    "coco_two_files_one_image": ({("a", 1600)}, set()),
    "masks_and_dataset_meta_json": ({("a", ONE)}, set()),
    "label_studio_yolo": ({("a", 899)}, set()),
    "coco_utf8_bom": ({("a", 780)}, set()),
    "labelme_polygon_and_a_point": ({("a", 861)}, {"left-out"}),
    "labelme_rectangle_of_4_points": ({("a", 1681)}, set()),
    "labelme_ignore_label": ({("a", 0)}, {"left-out"}),
    "coco_NFD_name": ({("\u00e9cho", 780)}, set()),
    "images_called_lesion": ({("case1_lesion", ONE)}, set()),
}
"""For each archive: images with their lesion area in px, and the codes of the findings."""


if FOLDER.is_dir():

    @pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.stem)
    def test_the_archive_comes_out_right(path: Path) -> None:
        tree = ZipTree(io.BytesIO(path.read_bytes()), LIMITS)
        layout = layout_of(tree)
        codes = {one.code for one in (*tree.findings, *Table(tree).findings)}
        codes |= {one.code for one in left_out(tree, layout)}
        found = set()
        for entry in READERS[layout](tree):
            if isinstance(entry, Finding):
                codes.add(entry.code)
                continue
            frame = image_of(entry, _decode, DecodeError).frame
            labels = entry.labels(frame.height, frame.width)
            folder = entry.name.split("/")[0] + "/" if "two_data_sets" in path.stem else ""
            name = unicodedata.normalize("NFC", entry.key.split("/")[-1])
            found.add((folder + name, int(np.count_nonzero(labels))))
        assert (found, codes) == RIGHT[path.stem]


def _decode(data: bytes) -> Decoded:
    return decode(data, DecodeLimits())
