"""The masks that each format's reader reads from an export equal the stored ones bit for bit."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools.coco import COCO
from tfrecord.reader import tfrecord_loader

from tests.behaviour.exports.archives import exported, opened
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.running_site import Site

FORMATS = ["png", "coco", "labelme", "yolo-seg", "voc", "tfrecord", "nnunet"]


@dataclass
class Pool:
    """A site with a known pool, and all of its archives."""

    site: Site
    admin: httpx.Client
    labels: dict[bytes, NDArray[np.uint8]]
    """Lesion numbers by the frame's pixels."""
    archives: dict[str, zipfile.ZipFile]

    def of(self, png: bytes) -> NDArray[np.uint8]:
        """Return the stored labels of an exported frame."""
        return self.labels[grey(png).tobytes()]


def grey(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def shapes() -> list[NDArray[np.uint8]]:
    """Return label maps that are difficult for some formats."""
    rng = np.random.default_rng(8)
    touching = ellipses((20, 20), (24, 30))
    ring = ellipses((24, 30))
    ring[22:26, 27:33] = 0
    in_parts = ellipses((12, 14))
    in_parts[36:44, 40:60] = 1
    speck = np.zeros((48, 64), np.uint8)
    speck[0, 0] = speck[47, 63] = speck[47, 0] = 1
    hairline = np.zeros((48, 64), np.uint8)
    hairline[10, 3:60] = hairline[11:40, 30] = 1
    noise = (rng.random((48, 64)) < 0.5).astype(np.uint8) * 2
    full = np.ones((48, 64), np.uint8)
    many = np.zeros((48, 64), np.uint8)
    for number in range(254):
        many[2 * (number // 31) : 2 * (number // 31) + 1, 2 * (number % 31)] = number + 1
    empty = np.zeros((48, 64), np.uint8)
    return [touching, ring, in_parts, speck, hairline, noise, full, many, empty]


@pytest.fixture(scope="module")
def pool(shared_site: Site) -> Iterator[Pool]:
    admin = shared_site.browser("admin")
    owner = shared_site.person("annotator")
    labels = {}
    for seed, drawn in enumerate([*shapes(), *shapes(), *shapes()]):
        pixels = speckle(seed)
        names = {1: "left ovary", 2: "Zyste <ß> & „rund“"} if seed % 2 else {}
        add_pooled(shared_site, owner, pixels, drawn, names=names, subject=f"subject {seed // 2}")
        labels[pixels.tobytes()] = drawn
    archives = {name: opened(exported(shared_site, admin, name)) for name in FORMATS}
    yield Pool(shared_site, admin, labels, archives)


def names(archive: zipfile.ZipFile, folder: str, ending: str) -> list[str]:
    return [n for n in archive.namelist() if n.startswith(folder) and n.endswith(ending)]


def test_png_masks_and_lesion_numbers(pool: Pool) -> None:
    archive, seen = pool.archives["png"], 0
    for name in names(archive, "images/", ".png"):
        labels = pool.of(archive.read(name))
        mask = Image.open(io.BytesIO(archive.read(name.replace("images/", "masks/"))))
        assert mask.mode == "1"
        assert np.array_equal(np.asarray(mask), labels > 0)
        numbers = cv2.imdecode(
            np.frombuffer(archive.read(name.replace("images/", "lesions/")), np.uint8),
            cv2.IMREAD_UNCHANGED,
        )
        assert np.array_equal(numbers, labels)
        seen += 1
    assert seen == len(pool.labels)


@pytest.mark.parametrize("kind", ["instances", "polygons"])
def test_coco_by_pycocotools(pool: Pool, tmp_path: Path, kind: str) -> None:
    archive, seen = pool.archives["coco"], 0
    for split in ("train", "validation", "test"):
        name = f"annotations/{kind}_{split}.json"
        if name not in archive.namelist():
            continue
        coco = COCO(archive.extract(name, tmp_path))
        for image in coco.loadImgs(coco.getImgIds()):
            labels = pool.of(archive.read(f"images/{split}/{image['file_name']}"))
            found = np.zeros_like(labels)
            for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]])):
                inside = coco.annToMask(annotation).astype(bool)
                assert annotation["area"] == inside.sum()
                found[inside] = annotation["lesion"]
            assert np.array_equal(found, labels)
            seen += 1
    assert seen == len(pool.labels)


def test_labelme_polygons_filled_as_labelme_does(pool: Pool) -> None:
    archive, seen = pool.archives["labelme"], 0
    for name in names(archive, "t", ".json") + names(archive, "validation", ".json"):
        document = json.loads(archive.read(name))
        labels = pool.of(archive.read(f"{name.rsplit('/', 1)[0]}/{document['imagePath']}"))
        assert (document["imageHeight"], document["imageWidth"]) == labels.shape
        assert document["imageData"] is None
        found = np.zeros_like(labels)
        for shape in document["shapes"]:
            # labelme.utils.shape_to_mask
            canvas = Image.new("L", labels.shape[::-1])
            points = [tuple(point) for point in shape["points"]]
            assert len(points) > 2
            ImageDraw.Draw(canvas).polygon(points, outline=1, fill=1)
            found[np.asarray(canvas, bool)] = shape["group_id"]
        assert np.array_equal(found, labels)
        assert document["flags"].get("no-lesion", False) == (not labels.any())
        seen += 1
    assert seen == len(pool.labels)


def test_yolo_outlines_filled_as_ultralytics_and_supervision_do(pool: Pool) -> None:
    archive, seen = pool.archives["yolo-seg"], 0
    for name in names(archive, "images/", ".png"):
        labels = pool.of(archive.read(name))
        height, width = labels.shape
        text = archive.read(name.replace("images/", "labels/").replace(".png", ".txt")).decode()
        cut_off, rounded = np.zeros_like(labels), np.zeros_like(labels)
        for line in text.splitlines():
            category, *values = line.split()
            assert category == "0"
            segment = np.array(values, np.float32).reshape(-1, 2) * (width, height)
            # ultralytics.data.utils.polygon2mask, supervision.dataset.formats.yolo
            cv2.fillPoly(one := np.zeros_like(labels), [segment.astype(np.int32)], 1)
            cv2.fillPoly(two := np.zeros_like(labels), [np.round(segment).astype(np.int32)], 1)
            cut_off |= one
            rounded |= two
        assert np.array_equal(cut_off > 0, labels > 0)
        assert np.array_equal(rounded > 0, labels > 0)
        seen += 1
    assert seen == len(pool.labels)


def test_voc_palettes_boxes_and_lists(pool: Pool) -> None:
    archive, seen = pool.archives["voc"], 0
    for name in names(archive, "JPEGImages/", ".png"):
        labels, stem = pool.of(archive.read(name)), Path(name).stem
        classes = Image.open(io.BytesIO(archive.read(f"SegmentationClass/{stem}.png")))
        objects = Image.open(io.BytesIO(archive.read(f"SegmentationObject/{stem}.png")))
        assert classes.mode == objects.mode == "P"
        assert classes.getpalette()[:9] == [0, 0, 0, 128, 0, 0, 0, 128, 0]
        assert np.array_equal(np.asarray(classes), labels > 0)
        assert np.array_equal(np.asarray(objects), labels)
        root = Xml.fromstring(archive.read(f"Annotations/{stem}.xml"))
        assert root.findtext("filename") == f"{stem}.png"
        for entry in root.iter("object"):
            rows, columns = np.nonzero(labels == int(entry.findtext("lesion")))
            box = entry.find("bndbox")
            assert int(box.findtext("xmin")) == columns.min() + 1
            assert int(box.findtext("ymax")) == rows.max() + 1
        seen += 1
    listed = set()
    for name in ("train", "val", "test"):
        path = f"ImageSets/Segmentation/{name}.txt"
        if path in archive.namelist():
            listed |= set(archive.read(path).decode().split())
    assert len(listed) == seen == len(pool.labels)


def test_tfrecord_by_another_reader(pool: Pool, tmp_path: Path) -> None:
    archive, seen = pool.archives["tfrecord"], 0
    for name in names(archive, "", ".tfrecord"):
        path = archive.extract(name, tmp_path)
        for example in tfrecord_loader(path, None):
            labels = pool.of(bytes(example["image"]))
            decoded = {
                key: cv2.imdecode(np.frombuffer(example[key], np.uint8), cv2.IMREAD_UNCHANGED)
                for key in ("label", "lesions")
            }
            assert np.array_equal(decoded["label"], labels > 0)
            assert np.array_equal(decoded["lesions"], labels)
            assert bytes(example["names"]).decode().isdigit()
            assert (int(example["height"][0]), int(example["width"][0])) == labels.shape
            seen += 1
    assert seen == len(pool.labels)


def test_nnunet_by_its_documented_layout(pool: Pool) -> None:
    archive = pool.archives["nnunet"]
    root = "Dataset001_Lesion"
    description = json.loads(archive.read(f"{root}/dataset.json"))
    (splits,) = json.loads(archive.read(f"{root}/splits_final.json"))
    cases = set()
    for part in ("Tr", "Ts"):
        for name in names(archive, f"{root}/images{part}/", ".png"):
            case = Path(name).name.removesuffix("_0000.png")
            frame = archive.read(name)
            assert Image.open(io.BytesIO(frame)).mode == "RGB"
            label = archive.read(f"{root}/labels{part}/{case}.png")
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(label))), pool.of(frame) > 0)
            cases.add((part, case))
    training = {case for part, case in cases if part == "Tr"}
    assert len(cases) == len(pool.labels)
    assert description["numTraining"] == len(training)
    assert description["labels"] == {"background": 0, "lesion": 1}
    assert description["file_ending"] == ".png"
    assert len(description["channel_names"]) == 3
    assert set(splits["train"]) | set(splits["val"]) == training
    assert not set(splits["train"]) & set(splits["val"])
