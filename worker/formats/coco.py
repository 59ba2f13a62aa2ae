"""COCO: one JSON of images and annotations per split, once with RLE and once with polygons.

The run-length code is COCO's compressed one and reproduces the masks bit for bit; so do the
polygons, which run along pixel edges, when pycocotools fills them. Format:
cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from worker.formats.polygons import edge_polygons
from worker.formats.sample import LESION, SPLITS, Category, Member, Note, Notes, Sample


class CocoWriter:
    """Images in folders, annotations in two files for each split."""

    categories: tuple[Category, ...] = (LESION,)
    samples_per_file = 1
    layout = """images/SPLIT/NAME.png              the frame
annotations/instances_SPLIT.json   COCO, `segmentation` as compressed RLE
annotations/polygons_SPLIT.json    COCO, `segmentation` as polygons along pixel edges
An image without annotations was read and has no lesion. Each annotation says in `lesion` which
number its lesion has, and in `name` what a reader called it, if so."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield the frame; the annotations are written at the end."""
        for sample in samples:
            yield f"images/{sample.split}/{sample.name}.png", [sample.frame_png]
            note(sample, [_annotation(sample, number) for number in sample.numbers])

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield the annotation files of every split that has samples."""
        for split in SPLITS:
            if next(_of(notes, split), None) is None:
                continue
            for name, form in (("instances", "rle"), ("polygons", "polygons")):
                yield (
                    f"annotations/{name}_{split}.json",
                    _document(notes, split, form, self.categories),
                )


def _annotation(sample: Sample, number: int) -> dict[str, Any]:
    mask = sample.lesion(number)
    code = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    annotation = {
        "lesion": number,
        "category": sample.category(number).number,
        "area": int(coco_mask.area(code)),
        "bbox": [int(value) for value in coco_mask.toBbox(code)],
        "rle": {"size": [sample.height, sample.width], "counts": code["counts"].decode("ascii")},
        "polygons": [
            [value for point in polygon for value in point] for polygon in edge_polygons(mask)
        ],
    }
    if number in sample.names:
        annotation["name"] = sample.names[number]
    if sample.attributes.get(number):
        annotation["attributes"] = dict(sample.attributes[number])
    return annotation


def _of(notes: Notes, split: str) -> Iterator[Note]:
    return (note for note in notes() if note["split"] == split)


def _document(
    notes: Notes, split: str, form: str, categories: Sequence[Category]
) -> Iterator[bytes]:
    """Yield the JSON in pieces: 100,000 images are never in memory at once."""
    head = {
        "info": {"description": f"Sonoloop, {split}", "version": "1.0"},
        "categories": [
            {"id": one.number, "name": one.name, "supercategory": one.parent or "finding"}
            for one in categories
        ],
    }
    yield json.dumps(head, sort_keys=True)[:-1].encode() + b',\n"images": [\n'
    yield from _joined(
        {
            "id": int(note["name"]),
            "file_name": f"{note['name']}.png",
            "width": note["width"],
            "height": note["height"],
        }
        for note in _of(notes, split)
    )
    yield b'],\n"annotations": [\n'
    yield from _joined(_annotations(notes, split, form))
    yield b"]}\n"


def _annotations(notes: Notes, split: str, form: str) -> Iterator[dict[str, Any]]:
    number = 0
    for note in _of(notes, split):
        for kept in note["data"]:
            number += 1
            annotation = {
                "id": number,
                "image_id": int(note["name"]),
                "category_id": kept["category"],
                "iscrowd": 0,
                "area": kept["area"],
                "bbox": kept["bbox"],
                "segmentation": kept[form],
                "lesion": kept["lesion"],
            }
            annotation |= {key: kept[key] for key in ("name", "attributes") if key in kept}
            yield annotation


def _joined(values: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for place, value in enumerate(values):
        yield (b",\n" if place else b"") + json.dumps(value, ensure_ascii=False).encode()
    yield b"\n"
