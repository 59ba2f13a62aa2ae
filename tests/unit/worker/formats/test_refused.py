"""Unclear labels are refused, and a label never lands on the wrong image."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from bench.label_archives import HEIGHT, ONE, TWO, WIDTH, Packed, boxes, frame, jpeg, png
from tests.unit.worker.formats.test_archives import read
from worker.formats.label_pictures import label_picture
from worker.formats.pictures import VOC_COLOURS, PictureKind
from worker.formats.source import LabelError
from worker.pipeline import encode_png

FIRST = boxes(ONE) > 0
BOTH = boxes(ONE, TWO)


def coco(*names: str, drawn: tuple[int, ...] = (1,), of: int | None = None) -> bytes:
    outline = [20, 20, 60, 20, 60, 60, 20, 60]
    return json.dumps(
        {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names, 1)],
            "annotations": [
                {"image_id": of or n, "category_id": 1, "segmentation": [outline]} for n in drawn
            ],
        }
    ).encode()


def labelme(image: str, **more: object) -> bytes:
    shape = {"label": "lesion", "shape_type": "rectangle", "points": [[1, 1], [9, 9]]}
    return json.dumps({"shapes": [shape], "imagePath": image, **more}).encode()


def outline(right: float) -> dict[str, object]:
    points = [[1, 1], [right, 1], [right, 9], [1, 9]]
    return {"label": "lesion", "shape_type": "polygon", "points": points}


IMAGE, OTHER, MASK = encode_png(frame(1)), encode_png(frame(2)), png(FIRST.astype(np.uint8) * 255)
EMPTY = png(np.zeros((HEIGHT, WIDTH), np.uint8))
WRONG_IMAGE: dict[str, tuple[dict[str, bytes], str]] = {
    "another patient's folder": (
        {"patientA/001.png": IMAGE, "ann.json": coco("patientB/001.png")},
        "no-image",
    ),
    "another patient's folder on another machine": (
        {"patientA/001.png": IMAGE, "ann.json": coco("/data/patientB/001.png")},
        "no-image",
    ),
    "two images of that name": (
        {"A/001.png": IMAGE, "B/001.png": OTHER, "ann.json": coco("001.png")},
        "ambiguous",
    ),
    "another data set's image": (
        {"A/images/001.png": IMAGE, "B/ann.json": coco("001.png")},
        "no-image",
    ),
    "the other part's image": (
        {"images/val/001.png": IMAGE, "annotations/instances_train.json": coco("001.png")},
        "no-image",
    ),
    "two names that can only mean one image": (
        {"images/001.png": IMAGE, "ann.json": coco("/x/pA/001.png", "/x/pB/001.png", drawn=(1, 2))},
        "ambiguous",
    ),
    "names that differ in case, twice": (
        {"x/A.png": IMAGE, "x/a.png": OTHER, "ann.json": coco("/scans/x/a.PNG")},
        "ambiguous",
    ),
    "one id for two images": (
        {
            "a.png": IMAGE,
            "b.png": OTHER,
            "ann.json": coco("a.png", "b.png").replace(b'"id": 2', b'"id": 1'),
        },
        "ambiguous",
    ),
    "labelme of another patient": (
        {"A/1.png": IMAGE, "A/1.json": labelme("../B/1.png")},
        "no-image",
    ),
    "two labelme files for one image": (
        {"1.png": IMAGE, "1.json": labelme("1.png"), "1 copy.json": labelme("1.png")},
        "ambiguous",
    ),
    "masks of two data sets": (
        {"A/images/1.png": IMAGE, "B/masks/1.png": MASK},
        "no-image",
    ),
    "a jpg beside a png": (
        {"images/1.png": IMAGE, "images/1.jpg": jpeg(frame(2)), "masks/1.png": MASK},
        "ambiguous",
    ),
    "masks that say different things": (
        {"images/1.png": IMAGE, "masks/1.png": MASK, "gt/1.png": EMPTY},
        "masks-differ",
    ),
    "a mask for each class, of which one is called otherwise": (
        {
            "images/1.png": IMAGE,
            "masks/1_lesion_1.png": MASK,
            "masks/1_cyst_2.png": png(boxes(TWO)),
        },
        "ambiguous",
    ),
    "a text file beside a jpg and a png": (
        {
            "images/1.png": IMAGE,
            "images/1.jpg": jpeg(frame(2)),
            "labels/1.txt": b"0 .1 .1 .2 .1 .2 .2\n",
        },
        "ambiguous",
    ),
    "training labels, test images": (
        {"D/imagesTs/c_0000.png": IMAGE, "D/labelsTr/c.png": png(boxes(ONE))},
        "no-image",
    ),
    "a number that dataset.json does not list": (
        {
            "D/imagesTr/c_0000.png": IMAGE,
            "D/labelsTr/c.png": png(boxes(ONE) * 7),
            "D/dataset.json": b'{"labels": {"background": 0, "cyst": 1, "all": [1, 2]}}',
        },
        "unknown-colour",
    ),
    "an inverted mask": (
        {"images/1.png": IMAGE, "masks/1.png": png((~FIRST).astype(np.uint8) * 255)},
        "unclear",
    ),
    "a polygon of labelme in other units": (
        {"a.png": IMAGE, "a.json": labelme("a.png", shapes=[outline(10 * WIDTH)])},
        "bad-points",
    ),
    "a polygon of COCO in other units": (
        {"a.png": IMAGE, "ann.json": coco("a.png").replace(b"60, 60", b"6000, 60")},
        "bad-points",
    ),
    "annotations that are no list": (
        {
            "a.png": IMAGE,
            "ann.json": b'{"images": [{"id": 1, "file_name": "a.png"}], "annotations" : null}',
        },
        "not-coco",
    ),
    "labelme in the encoding of an old Windows": (
        {"a.png": IMAGE, "a.json": labelme("a.png").replace(b"lesion", "腺肌瘤".encode("gbk"))},
        "not-utf8",
    ),
    "COCO in Latin-1": (
        {"a.png": IMAGE, "ann.json": coco("a.png", "ü.png").replace(b"\\u00fc", b"\xfc")},
        "not-utf8",
    ),
    "frames of a video, by number": (
        {
            "images/frame_000000.png": IMAGE,
            "annotations.xml": b'<annotations><version>1.1</version><meta/><track id="0">'
            b'<polygon frame="0" points="1,1;9,1;9,9"/></track></annotations>',
        },
        "numbered-frames",
    ),
    "annotations in an object by id": (
        {
            "a.png": IMAGE,
            "ann.json": b'{"images": [{"id": 1, "file_name": "a.png"}], '
            b'"annotations": {"1": {"image_id": 1}}}',
        },
        "not-coco",
    ),
    "classes and objects that differ": (
        {
            "JPEGImages/a.png": IMAGE,
            "SegmentationClass/a.png": EMPTY,
            "SegmentationObject/a.png": png(boxes(ONE)),
        },
        "masks-differ",
    ),
    "a file of annotations that cannot be read": (
        {
            "a.png": IMAGE,
            "vessels.json": coco("a.png", drawn=()),
            "lesions.json": coco("a.png")[:-9],
        },
        "no-label",
    ),
    "an image without annotation where annotations have lost their image": (
        {"a.png": IMAGE, "ann.json": coco("a.png", of=77)},
        "no-label",
    ),
}


@pytest.mark.parametrize("name", list(WRONG_IMAGE))
def test_a_label_that_may_be_another_images_is_refused(name: str) -> None:
    files, code = WRONG_IMAGE[name]
    labels: dict[str, np.ndarray] = {}
    findings = []
    try:
        _, labels, findings = read(Packed(files, "", {}))
        codes = {finding.code for finding in findings if finding.bad}
    except LabelError as error:  # found when the pictures are opened
        codes = {error.code}
    assert labels == {}
    assert code in codes


def test_an_image_inside_a_label_is_the_one_that_was_drawn_on() -> None:
    import base64

    inside = base64.b64encode(OTHER).decode()
    files = {"1.png": IMAGE, "1.json": labelme("1.png", imageData=inside)}
    _, labels, _ = read(Packed(files, "", {}))
    assert list(labels) == ["1.json"], "not the file of that name, which shows something else"


def picture(values: np.ndarray, says: PictureKind = PictureKind.MASK, **more: object) -> np.ndarray:
    return label_picture(png(values, **more), HEIGHT, WIDTH, says)  # type: ignore[arg-type]


def rgb(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.array(colours, np.uint8)[BOTH]


def with_alpha(grey: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([grey] * 3 + [alpha]).astype(np.uint8)


def test_masks_are_lesions_however_they_are_written() -> None:
    white, all_white = FIRST * 255, np.full(FIRST.shape, 255)
    for says in PictureKind:
        for found in (
            picture(white.astype(np.uint8), says),
            picture(FIRST.astype(np.uint8), says),
            picture(np.dstack([white] * 3).astype(np.uint8), says),
            picture(with_alpha(0 * white, white), says),
            picture(with_alpha(all_white, white), says),
            picture(with_alpha(white, white), says),
            picture(FIRST.astype(np.uint8), says, palette=[0, 0, 0, 128, 0, 0]),
            picture((~FIRST).astype(np.uint8), says, palette=[255, 255, 255, 0, 0, 0]),
            picture((FIRST * 3).astype(np.uint8), says, palette=[0] * 12),
        ):
            assert np.array_equal(found > 0, FIRST), says
    assert np.array_equal(
        picture(rgb((0, 0, 0), (128, 0, 0), (0, 128, 0)), PictureKind.NUMBERS), BOTH
    )
    assert np.array_equal(picture(rgb((0, 0, 0), (9, 0, 200), (200, 10, 10))) > 0, BOTH > 0)


def test_many_values_are_numbers_where_they_are_flat_and_edges_where_they_are_not() -> None:
    steps = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number in range(1, 20):
        steps[3 * number : 3 * number + 3, 5:100] = number * 12
    assert np.array_equal(picture(steps) > 0, steps > 0)
    soft = np.asarray(
        Image.fromarray((FIRST * 255).astype(np.uint8)).resize((280, 200)).resize((WIDTH, HEIGHT))
    )
    assert np.array_equal(picture(soft) > 0, soft >= 128)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (rgb((255, 255, 255), (255, 0, 0), (0, 255, 0)), PictureKind.MASK),
        (BOTH + 1, PictureKind.MASK),
        (np.where(FIRST, 1, np.where(BOTH > 1, 255, 0)).astype(np.uint8), PictureKind.MASK),
        (frame(3), PictureKind.MASK),
        (np.dstack([frame(3), frame(4), frame(5)]), PictureKind.MASK),
        (with_alpha(np.where(BOTH > 1, 255, 0), np.where(FIRST, 0, 255)), PictureKind.MASK),
        (with_alpha(BOTH, np.zeros_like(BOTH)), PictureKind.MASK),
        (BOTH.astype(np.uint16) * 300, PictureKind.NUMBERS),
    ],
    ids=[
        *("white background", "no background", "void or lesion", "a picture", "a colour picture"),
        *("black and transparent", "all transparent", "numbers too large"),
    ],
)
def test_what_may_mean_two_things_is_refused(values: np.ndarray, says: PictureKind) -> None:
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    with pytest.raises(LabelError) as refused:
        label_picture(out.getvalue(), HEIGHT, WIDTH, says)
    assert len(refused.value.reason) > 30


def test_a_legend_tells_classes_and_a_colour_that_it_lacks_is_refused() -> None:
    legend = {(0, 0, 0): "background", (250, 0, 0): "lesion", (0, 250, 0): "void"}
    data = png(rgb((0, 0, 0), (250, 0, 0), (0, 250, 0)))
    found = label_picture(data, HEIGHT, WIDTH, PictureKind.CLASSES, legend)
    assert np.array_equal(found > 0, FIRST)
    with pytest.raises(LabelError) as refused:
        label_picture(
            png(rgb((0, 0, 0), (1, 2, 3), (0, 250, 0))), HEIGHT, WIDTH, PictureKind.CLASSES, legend
        )
    assert refused.value.code == "unknown-colour"
    by_number = dict(zip(VOC_COLOURS, ("tissue", "background", "lesion"), strict=False))
    found = label_picture(png(BOTH), HEIGHT, WIDTH, PictureKind.CLASSES, by_number)
    assert np.array_equal(found > 0, BOTH == 2)


@pytest.mark.parametrize("kind", [["polygon"], {"a": 1}, 7, True])
def test_a_shape_of_no_kind_is_a_finding(kind: object) -> None:
    shape = {"label": "lesion", "shape_type": kind, "points": [[1, 1], [9, 1], [9, 9]]}
    text = json.dumps({"shapes": [shape], "imagePath": "a.png"}).encode()
    with pytest.raises(LabelError, match="shape") as caught:
        read(Packed({"a.png": IMAGE, "a.json": text}, "", {}))
    assert caught.value.code == "shape-type"


BOX = "<pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt><x>9</x><y>9</y></pt>"


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (f"<type>bounding_box</type><polygon>{BOX}</polygon>", "no-label"),
        ("<segm><mask>a_mask_0.png</mask></segm>", "other-format"),
    ],
)
def test_a_box_of_labelme_three_is_no_outline(inside: str, code: str) -> None:
    text = f"<annotation><filename>a.png</filename><object><name>x</name>{inside}</object>"
    files = {"Images/a.png": IMAGE, "Annotations/a.xml": f"{text}</annotation>".encode()}
    _, labels, findings = read(Packed(files, "", {}))
    assert labels == {}
    assert [finding.code for finding in findings] == [code]


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(("", ""), id="polygons that Label Studio leaves out of VOC"),
        pytest.param(("<object><name>x</name><bndbox/></object>", ""), id="boxes"),
    ],
)
def test_an_xml_of_voc_without_any_outline_never_says_no_lesion(objects: tuple[str, str]) -> None:
    files = {"images/a.png": IMAGE, "images/b.png": OTHER}
    for stem, inside in zip("ab", objects, strict=True):
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
        text = f"<annotation><filename>{stem}.png</filename>{size}{inside}</annotation>"
        files[f"Annotations/{stem}.xml"] = text.encode()
    _, labels, findings = read(Packed(files, "", {}))
    assert labels == {}
    assert [finding.code for finding in findings] == ["no-label", "no-label"]


@pytest.mark.parametrize("name", ["ignore", "Void"])
def test_what_nnunet_ignores_is_no_lesion(name: str) -> None:
    files = {
        "D/imagesTr/c_0000.png": IMAGE,
        "D/labelsTr/c.png": png(BOTH),
        "D/dataset.json": json.dumps({"labels": {"background": 0, "cyst": 1, name: 2}}).encode(),
    }
    _, labels, findings = read(Packed(files, "", {}))
    assert not findings
    (found,) = labels.values()
    assert np.array_equal(found > 0, FIRST)


def test_what_goes_slightly_beyond_the_image_is_cut_off() -> None:
    slight = labelme("a.png", shapes=[outline(1.04 * WIDTH)])
    _, labels, findings = read(Packed({"a.png": IMAGE, "a.json": slight}, "", {}))
    assert not findings
    (found,) = labels.values()
    assert np.array_equal(np.flatnonzero(found.any(axis=0)), np.arange(1, WIDTH))
