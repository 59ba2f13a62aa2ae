"""Every format that is written keeps eight classes apart, lesion by lesion."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco_mask

from app.label_sets.records import ClassMapping, Vocabulary
from app.label_sets.tables import LESION_CLASS_ID, LabelClass
from tests.behaviour.label_sets.rows import KINDS
from worker.formats.layouts import READERS, WRITERS
from worker.formats.pictures import VOC_COLOURS
from worker.formats.sample import Category, Note, OverlapError, Sample
from worker.formats.source import LabelError, Labelled
from worker.formats.tfrecord import decode_example, records
from worker.labels_import.labels import drawing_here, placed_by
from worker.pipeline import encode_png

CATEGORIES = tuple(Category(number, name) for number, name in enumerate(KINDS, 1))
HEIGHT, WIDTH = 40, 100


def labels() -> NDArray[np.uint8]:
    """Return ten lesions: one of each class, and a second one of the first two."""
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number in range(1, 11):
        row, column = divmod(number - 1, 5)
        found[4 + 18 * row : 16 + 18 * row, 3 + 19 * column : 14 + 19 * column] = number
    return found


def sample(**more: Any) -> Sample:
    kinds = {number: CATEGORIES[(number - 1) % 8] for number in range(1, 11)}
    frame = np.full((HEIGHT, WIDTH), 90, np.uint8)
    return Sample(
        "000001", "train", "s", encode_png(frame), labels(), {}, "human", categories=kinds, **more
    )


def written(name: str, one: Sample) -> dict[str, bytes]:
    """Return the files of an archive with only this sample."""
    writer = WRITERS[name]()
    writer.categories = CATEGORIES
    notes: list[Note] = []

    def keep(of: Sample, data: Any) -> None:
        notes.append(json.loads(json.dumps({**of.note(), "data": data})))

    files = {path: b"".join(data) for path, data in writer.members(iter([one]), keep)}
    files |= {path: b"".join(data) for path, data in writer.closing(lambda: iter(notes))}
    return files


def wanted() -> NDArray[np.uint8]:
    """Return the class number of each pixel."""
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number in range(1, 11):
        found[labels() == number] = (number - 1) % 8 + 1
    return found


def picture(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_coco_has_the_category_and_the_attributes_of_each_lesion() -> None:
    files = written("coco", sample(attributes={3: {"margin": "sharp"}}))
    document = json.loads(files["annotations/instances_train.json"])
    names = {one["id"]: one["name"] for one in document["categories"]}
    assert names == dict(enumerate(KINDS, 1))
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for one in document["annotations"]:
        code = one["segmentation"]
        found[coco_mask.decode({**code, "counts": code["counts"].encode()}) > 0] = one[
            "category_id"
        ]
    assert np.array_equal(found, wanted())
    said = {one["lesion"]: one.get("attributes") for one in document["annotations"]}
    assert said == dict.fromkeys(range(1, 11)) | {3: {"margin": "sharp"}}


def test_labelme_has_the_class_as_label() -> None:
    shapes = json.loads(written("labelme", sample())["train/000001.json"])["shapes"]
    assert {one["group_id"]: one["label"] for one in shapes} == {
        number: KINDS[(number - 1) % 8] for number in range(1, 11)
    }


def test_yolo_counts_classes_from_0_and_names_them() -> None:
    import yaml

    files = written("yolo-seg", sample())
    assert yaml.safe_load(files["data.yaml"])["names"] == dict(enumerate(KINDS))
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for line in files["labels/train/000001.txt"].decode().splitlines():
        kind, *values = line.split()
        points = (np.array(values, float).reshape(-1, 2) * (WIDTH, HEIGHT)).astype(np.int32)
        cv2.fillPoly(found, [points], int(kind) + 1)
    assert np.array_equal(found, wanted())


def test_voc_has_classes_in_pictures_names_and_colours() -> None:
    files = written("voc", sample())
    assert np.array_equal(picture(files["SegmentationClass/000001.png"]), wanted())
    assert np.array_equal(picture(files["SegmentationObject/000001.png"]), labels())
    lines = files["labelmap.txt"].decode().splitlines()
    colours = [",".join(map(str, VOC_COLOURS[number])) for number in range(9)]
    assert lines == [f"{n}:{c}::" for n, c in zip(("background", *KINDS), colours, strict=True)]
    for name in KINDS:
        assert f"<name>{name}</name>".encode() in files["Annotations/000001.xml"]


def test_nnunet_has_classes_as_labels() -> None:
    files = written("nnunet", sample())
    found = json.loads(files["Dataset001_Lesion/dataset.json"])["labels"]
    assert found == {"background": 0} | {name: number for number, name in enumerate(KINDS, 1)}
    stored = picture(files["Dataset001_Lesion/labelsTr/lesion_000001.png"])
    assert np.array_equal(stored, wanted())


def test_tfrecord_has_a_picture_of_classes_and_the_class_of_each_lesion() -> None:
    (data,) = records(next(iter(written("tfrecord", sample()).values())))
    features = decode_example(data)
    (kinds,) = features["classes"]
    assert isinstance(kinds, bytes)
    assert np.array_equal(picture(kinds), wanted())
    named = [one.decode() for one in features["lesion_classes"] if isinstance(one, bytes)]
    assert named == [KINDS[(number - 1) % 8] for number in range(1, 11)]


def test_the_table_of_samples_has_classes_and_attributes() -> None:
    note = sample(attributes={2: {"margin": "soft"}}, image_attributes={"category": "3"}).note()
    assert note["lesion_classes"]["10"] == KINDS[1]
    assert note["lesion_attributes"] == {"2": {"margin": "soft"}}
    assert note["image_attributes"] == {"category": "3"}


@pytest.mark.parametrize("name", ["png", "voc", "nnunet", "tfrecord"])
def test_what_has_one_number_for_a_pixel_refuses_lesions_that_share_it(name: str) -> None:
    across = np.zeros((HEIGHT, WIDTH), np.uint8)
    across[:10, :10] = 11
    with pytest.raises(OverlapError):
        written(name, sample(overlays=(across,)))
    beside = np.zeros((HEIGHT, WIDTH), np.uint8)
    beside[:2, :2] = 11
    assert written(name, sample(overlays=(beside,)))


def test_coco_gives_lesions_that_share_pixels_back_exactly() -> None:
    across = np.zeros((HEIGHT, WIDTH), np.uint8)
    across[:10, :10] = 11
    document = json.loads(
        written("coco", sample(overlays=(across,)))["annotations/instances_train.json"]
    )
    for one in document["annotations"]:
        code = one["segmentation"]
        found = coco_mask.decode({**code, "counts": code["counts"].encode()}) > 0
        layer = across if one["lesion"] == 11 else labels()
        assert np.array_equal(found, layer == one["lesion"])


class Files:
    """An archive in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    @property
    def names(self) -> list[str]:
        return sorted(self._files)

    def read(self, name: str, limit: int | None = None) -> bytes:
        return self._files[name]

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        yield self._files[name]


def read(name: str, files: dict[str, bytes]) -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Return the lesion numbers and classes of an archive's only label."""
    (found,) = READERS[name](Files(files))
    assert isinstance(found, Labelled)
    numbers = found.labels(HEIGHT, WIDTH)
    return numbers, dict(found.classify(numbers) if found.classify else found.classes)


@pytest.mark.parametrize("name", ["coco", "labelme", "voc", "tfrecord", "yolo-seg", "nnunet"])
def test_eight_classes_come_back_class_by_class(name: str) -> None:
    numbers, classes = read(name, written(name, sample()))
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, kind in classes.items():
        found[numbers == number] = KINDS.index(kind) + 1
    assert np.array_equal(found, wanted())
    assert set(classes) == set(range(1, 11))
    if name != "nnunet":  # which has no lesion numbers
        assert np.array_equal(numbers, labels())


def test_lesions_of_two_classes_that_touch_are_two() -> None:
    one = sample()
    one.labels[:, :] = 0
    one.labels[5:10, 5:10], one.labels[5:10, 10:15] = 1, 2
    numbers, classes = read("nnunet", written("nnunet", one))
    assert np.array_equal(numbers, one.labels)
    assert classes == {1: KINDS[0], 2: KINDS[1]}


def test_cvat_labels_are_classes() -> None:
    document = """<annotations><image id="0" name="a.png" width="100" height="40">
    <polygon label="Teratoma" points="5,5;20,5;20,20;5,20"/>
    <polygon label="Simple cyst" points="40,5;60,5;60,20;40,20"/></image></annotations>"""
    numbers, classes = read("cvat", {"a.png": b"", "annotations.xml": document.encode()})
    assert classes == {1: "Teratoma", 2: "Simple cyst"}
    assert (numbers[10, 10], numbers[10, 50]) == (1, 2)


def test_where_cvat_shapes_overlap_the_higher_and_then_the_later_is_on_top() -> None:
    """As in CVAT: by `z_order`, then by order of drawing, masks and polygons alike."""
    runs = ",".join(["0", str(10 * 10)])
    document = f"""<annotations><image id="0" name="a.png" width="100" height="40">
    <polygon label="Teratoma" points="5,5;20,5;20,20;5,20" z_order="0"/>
    <mask label="Simple cyst" left="15" top="10" width="10" height="10" rle="{runs}" z_order="0"/>
    <polygon label="Theca cell tumor" points="40,5;60,5;60,20;40,20" z_order="1"/>
    <polygon label="Teratoma" points="50,5;70,5;70,20;50,20" z_order="0"/></image></annotations>"""
    numbers, classes = read("cvat", {"a.png": b"", "annotations.xml": document.encode()})
    assert classes == {1: "Teratoma", 2: "Theca cell tumor", 3: "Teratoma", 4: "Simple cyst"}
    assert [numbers[12, column] for column in (10, 17, 22)] == [1, 4, 4]
    assert [numbers[12, column] for column in (45, 55, 65)] == [2, 2, 3]


@pytest.mark.parametrize(
    ("values", "classes"),
    [((0, 1), {1: ""}), ((0, 255), {1: ""}), ((0, 1, 3), {1: "", 2: "value 3"})],
)
def test_several_values_of_a_mask_are_classes_without_a_name(
    values: tuple[int, ...], classes: dict[int, str]
) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, value in enumerate(values):
        mask[10:30, 20 * place : 20 * place + 15] = value
    numbers, found = read("png", {"images/a.png": b"", "masks/a.png": encode_png(mask)})
    assert found == classes
    assert np.array_equal(numbers > 0, mask > 0)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("data.yaml", "names: [Teratoma, Simple cyst]"),
        ("labels/data.yml", "names: {0: Teratoma, 1: Simple cyst}"),
        ("classes.txt", "Teratoma\nSimple cyst\n"),
    ],
)
def test_yolo_names_its_classes_in_a_yaml_or_a_list(file: str, text: str) -> None:
    line = "0 .1 .1 .2 .1 .2 .4\n1 .5 .1 .6 .1 .6 .4\n"
    files = {"images/a.png": b"", "labels/a.txt": line.encode()}
    assert read("yolo-seg", {**files, file: text.encode()})[1] == {
        1: "Teratoma",
        2: "Simple cyst",
    }
    assert read("yolo-seg", files)[1] == {1: "class 0", 2: "class 1"}


def test_nothing_becomes_a_lesion_that_the_archive_calls_otherwise() -> None:
    only = Vocabulary(UUID(int=98), "one", {LESION_CLASS_ID: _class(LESION_CLASS_ID, "lesion")}, ())
    mapping = ClassMapping(only)
    assert placed_by(mapping, {1: "Lesion", 2: ""}, {}) == ({}, set())
    assert mapping.unknown(["", "lesion", "fibroid"]) == ["fibroid"]
    named = Vocabulary(UUID(int=97), "named", {UUID(int=1): _class(UUID(int=1), "ovary")}, ())
    assert placed_by(ClassMapping(named), {1: ""}, {}) == ({1: UUID(int=1)}, set())


def _class(id: UUID, name: str) -> LabelClass:
    return LabelClass(id=id, name=name, overlaps=False)


def test_a_set_of_eight_classes_takes_labels_by_name_and_refuses_others() -> None:
    classes = [
        LabelClass(id=UUID(int=n), name=name, overlaps=n == 2) for n, name in enumerate(KINDS)
    ]
    words = Vocabulary(UUID(int=99), "eight", {one.id: one for one in classes}, ())
    said = {1: "TERATOMA", 2: KINDS[0]}
    mapping = ClassMapping(words)
    assert placed_by(mapping, said, {}) == ({1: UUID(int=2), 2: UUID(int=0)}, set())
    for unknown in ("fibroid", ""):
        with pytest.raises(LabelError, match=unknown or "none"):
            placed_by(mapping, {**said, 3: unknown}, {})
        assert placed_by(mapping, {3: unknown}, None) == ({}, set()), "nobody was asked yet"
    assert placed_by(mapping, {}, {}) == ({}, set())
    asked = {"Fibroid": str(UUID(int=1)), "cyst": "leave-out", "": "refuse"}
    told = ClassMapping(words, asked)
    assert placed_by(told, {1: "fibroid", 2: "cyst"}, asked) == ({1: UUID(int=1)}, {2})
    with pytest.raises(LabelError, match="refused"):
        placed_by(told, {1: ""}, asked)
    pixels = labels()
    made = drawing_here(words, pixels, {1: UUID(int=2), 2: UUID(int=0)})
    assert set(made.overlays) == {UUID(int=2)}, "what may overlap has a layer of its own"
    assert made.numbers == list(range(1, 11))
    assert np.array_equal(made.mask, pixels > 0)
