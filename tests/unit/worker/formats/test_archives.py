"""Archives packed by other tools: every label on its own image, or a refusal with a reason."""

import io
import json

import numpy as np
import pytest

from bench.label_archives import ONE, OTHERS, Packed, boxes, frame, own, png, zipped
from worker.formats.layouts import READERS, WRITERS, layout_of
from worker.formats.originals import image_of
from worker.formats.source import Finding
from worker.ingest import DecodeError, DecodeLimits, decode
from worker.labels_import.archive import ArchiveLimits, ZipTree
from worker.pipeline import encode_png

LIMITS = ArchiveLimits(file_bytes=50_000_000, total_bytes=500_000_000)


def read(packed: Packed) -> tuple[str, dict[str, np.ndarray], list[Finding]]:
    """Return the layout, lesion numbers by image, and findings."""
    tree = ZipTree(io.BytesIO(zipped(packed.files)), LIMITS)
    layout = layout_of(tree)
    labels, findings = {}, list(tree.findings)
    for entry in READERS[layout](tree):
        if isinstance(entry, Finding):
            findings.append(entry)
            continue
        image = image_of(entry, lambda data: decode(data, DecodeLimits()), DecodeError)
        assert entry.name not in labels, "an image has one label"
        labels[entry.name] = entry.labels(image.frame.height, image.frame.width)
    return layout, labels, findings


def hold(packed: Packed) -> list[Finding]:
    """Check that every label is as it should be, and return the findings."""
    layout, labels, findings = read(packed)
    assert layout == packed.layout
    if layout == "tfrecord":
        labels = {name.partition("#")[0]: found for name, found in labels.items()}
    assert labels.keys() == packed.right.keys(), findings
    for name, right in packed.right.items():
        found = labels[name]
        if not np.array_equal(found, right):  # numbers may differ if the format has none
            assert np.array_equal(found > 0, right > 0), name
            assert len(np.unique(found)) == len(np.unique(right)), name
    assert not [finding for finding in findings if finding.bad]
    return findings


@pytest.mark.parametrize("name", list(OTHERS))
def test_other_tools_archives_are_read(name: str) -> None:
    hold(OTHERS[name]())


@pytest.mark.parametrize("format", list(WRITERS))
def test_our_own_archives_are_read(format: str) -> None:
    assert hold(own(format)) == []


@pytest.mark.parametrize("name", list(OTHERS))
def test_a_stray_json_changes_nothing(name: str) -> None:
    packed = OTHERS[name]()
    stray = {"notes.json": b'{"categories": []}', "x/meta.json": b"[1, 2", "y.json": b"\xff"}
    hold(Packed({**packed.files, **stray}, packed.layout, packed.right))


def test_names_are_compared_as_people_read_them() -> None:
    image, mask = encode_png(frame(1)), png((boxes(ONE) > 0).astype(np.uint8) * 255)
    outline = [20, 20, 60, 20, 60, 60, 20, 60]
    coco = {
        "images": [{"id": 1, "file_name": "\u00e9cho.png"}],
        "annotations": [{"image_id": 1, "segmentation": [outline]}],
    }
    for name, files in {
        "images/case1_lesion.png": {"masks/case1_lesion.png": mask, "dataset_meta.json": b"{}"},
        "images/case1_LESION.png": {"masks/case1_lesion.png": mask},
        "images/e\u0301cho.png": {"ann.json": json.dumps(coco).encode()},
        "train-images/1.png": {"train-masks/1.png": mask},
    }.items():
        _, labels, findings = read(Packed({name: image, **files}, "", {}))
        assert list(labels) == [name], findings
        assert np.array_equal(labels[name], boxes(ONE))


def test_ten_flat_values_are_ten_labels_and_not_soft_edges() -> None:
    values = np.zeros((100, 140), np.uint8)
    for number in range(1, 10):
        values[10 * number : 10 * number + 5, 20:25] = number
    files = {"images/a.png": encode_png(frame(1)), "masks/a.png": png(values)}
    _, labels, _ = read(Packed(files, "", {}))
    assert np.array_equal(labels["images/a.png"] > 0, values > 0)


def test_outlines_of_yolo_lie_on_their_pixels_in_spite_of_lost_decimals() -> None:
    left, top, right, bottom = 19, 18, 98, 86  # 19 / 140 in five decimals × 140 is 18.9994
    corners = ((left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1))
    line = "0 " + " ".join(f"{x / 140:.5f} {y / 100:.5f}" for x, y in corners)
    files = {"images/a.png": encode_png(frame(1)), "labels/a.txt": line.encode()}
    _, labels, _ = read(Packed(files, "", {}))
    assert np.array_equal(labels["images/a.png"], boxes((left, top, right, bottom)))
