"""COCO files from elsewhere are read in pieces and checked before they are trusted."""

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from worker.formats import coco_reader
from worker.formats.source import Finding, Labelled

PIECE = 64 * 1024


class MemoryTree:
    """Files by path; images are empty because nothing here decodes them."""

    def __init__(self, document: bytes, images: Sequence[str]) -> None:
        self.document = document
        self.names = ["instances.json", *images]

    def read(self, name: str, limit: int | None = None) -> bytes:
        return b"".join(self.pieces(name, limit))

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        data = self.document if name == "instances.json" else b""
        yield from (data[start : start + PIECE] for start in range(0, len(data), PIECE))


def image(number: int) -> dict[str, Any]:
    return {"id": number, "file_name": f"{number}.png", "height": 8, "width": 8}


def square(number: int, left: int, points: int = 4, **more: Any) -> dict[str, Any]:
    corners = [left, 1, left + 3, 1, left + 3, 4, left, 4]
    outline = corners + corners[-2:] * (points - 4)
    return {"id": number, "image_id": number, "segmentation": [outline], **more}


def read(document: object, images: int) -> list[Labelled | Finding]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(coco_reader.read(MemoryTree(data, [f"{n}.png" for n in range(images)])))


@pytest.mark.parametrize("order", [("images", "annotations"), ("annotations", "images")])
def test_each_image_gets_its_own_annotations_in_their_order(order: tuple[str, str]) -> None:
    both = {
        "images": [image(0), image(1)],
        "annotations": [square(1, 0, name="rim"), square(0, 4), square(1, 1, name="core")],
    }
    first, second = read({key: both[key] for key in order}, 2)
    assert isinstance(first, Labelled)
    assert isinstance(second, Labelled)
    assert set(np.unique(first.labels(8, 8))) == {0, 1}
    assert second.names == {1: "rim", 2: "core"}
    labels = second.labels(8, 8)
    assert labels[2, 1] == 1, "a pixel in both belongs to the first"
    assert (labels == 2).any()


def test_names_and_ids_that_are_no_text_are_findings() -> None:
    odd = {"id": "\ud800", "file_name": "\ud800.png"}
    drawn = [{"image_id": "\udfff\0", "segmentation": [[0, 0, 3, 0, 3, 3]]}, square(0, 1)]
    found = read({"images": [odd, image(0)], "annotations": drawn}, 1)
    codes = sorted(entry.code for entry in found if isinstance(entry, Finding))
    assert codes == ["no-image", "orphans"]
    assert [entry.name for entry in found if isinstance(entry, Labelled)] == ["0.png"]


def test_memory_does_not_grow_with_the_file() -> None:
    entries = 300
    document = json.dumps(
        {
            "images": [image(number) for number in range(entries)],
            "annotations": [square(number, 0, points=5000) for number in range(entries)],
        }
    ).encode()
    tree = MemoryTree(document, [f"{number}.png" for number in range(entries)])
    tracemalloc.start()
    try:
        found = sum(1 for _ in coco_reader.read(tree))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == entries
    assert peak < len(document) / 2, f"{peak} bytes for a file of {len(document)}"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b'{"images": [{"id": 1}], "annotations": [{"image_id": 1', "not-json"),
        (b'{"images": [], "annotations": []} and more', "not-json"),
        ({"images": {"id": 1}, "annotations": []}, "not-coco"),
        ({"images": [1], "annotations": []}, "bad-entry"),
        ({"images": [image(0)], "annotations": ["x"]}, "bad-entry"),
        ({"images": [image(0)], "annotations": [[1]]}, "not-coco"),
    ],
)
def test_what_is_not_coco_is_said_so(document: object, code: str) -> None:
    (finding,) = read(document, 1)
    assert isinstance(finding, Finding)
    assert (finding.name, finding.code) == ("instances.json", code)


@pytest.mark.parametrize(
    "document", [{"name": "a manifest", "images": 3}, ["images", "annotations"], b"\xff\x00{"]
)
def test_another_table_is_passed_over(document: object) -> None:
    assert read(document, 0) == []


@pytest.mark.parametrize(
    "inside",
    [
        b"[" * 7000,
        b'{"some-rather-long-key":' * 300,
        b'{"' + b"k" * 5_000_000 + b'": 1}',
        b'{"image_id": 0, "segmentation": [' + b"[0,0]," * 2_000_000 + b"[]]}",
    ],
    ids=["deep", "deep keys", "huge key", "huge entry"],
)
def test_no_json_takes_memory_by_more_than_its_size(inside: bytes) -> None:
    head = b'{"images": [{"id": 0, "file_name": "0.png"}], "annotations": ['
    tree = MemoryTree(head + inside + b"]}", ["0.png"])
    tracemalloc.start()
    try:
        found = list(coco_reader.read(tree))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000 + 3 * len(inside)
    assert [entry.code for entry in found if isinstance(entry, Finding)]
