"""Small archives of labels as other tools write them, with the right result, made by our own code.

Each has one or more frames of 100 × 140 px. ONE and TWO are rectangles, so that every way of
filling an outline has one known answer. `tests/unit/formats` checks that they are read correctly,
and `python -m bench.fuzz` damages them.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.formats.layouts import WRITERS
from worker.formats.pictures import VOC_COLOURS
from worker.formats.sample import Sample
from worker.pipeline import encode_png

HEIGHT, WIDTH = 100, 140
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; edges of pixels."""
ONE: Box = (20, 20, 60, 60)
TWO: Box = (90, 70, 120, 90)


@dataclass(frozen=True)
class Packed:
    """An archive and its content.

    Attributes:
        files: bytes by path.
        layout: the format as which it is read.
        right: uint8 [H,W] lesion numbers by image, for all images with a label.
    """

    files: Mapping[str, bytes]
    layout: str
    right: Mapping[str, NDArray[np.uint8]]


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def frame(seed: int) -> NDArray[np.uint8]:
    """Speckle, uint8 [H,W]."""
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 4, WIDTH // 4), np.uint8)
    return np.asarray(cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)


def boxes(*found: Box) -> NDArray[np.uint8]:
    """Lesion numbers uint8 [H,W] of rectangles, in order."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, (left, top, right, bottom) in enumerate(found, 1):
        labels[top:bottom, left:right] = number
    return labels


def png(values: NDArray[np.uint8], palette: list[int] | None = None) -> bytes:
    """PNG of grey, RGB or RGBA pixels, or of numbers with a palette."""
    image = Image.fromarray(values)
    if palette:
        image.putpalette(palette)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def jpeg(pixels: NDArray[np.uint8], quality: int = 90) -> bytes:
    """JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def own(format: str) -> Packed:
    """Write an archive with our own exporter of a format."""
    shapes = [boxes(ONE), boxes(ONE, TWO), boxes()]
    samples = [
        Sample(f"{n:06}", split, "s", encode_png(frame(n)), labels, {1: "cyst"}, "human")
        for n, (split, labels) in enumerate(
            zip(("train", "validation", "test"), shapes, strict=True)
        )
    ]
    writer, notes, files = WRITERS[format](), [], {}
    for sample in samples:
        members = writer.members([sample], lambda s, data: notes.append({**s.note(), "data": data}))
        files.update({name: b"".join(pieces) for name, pieces in members})
    for name, pieces in writer.closing(lambda: iter(notes)):
        files[name] = b"".join(pieces)
    images = [name for name in files if name.endswith(("png", "tfrecord"))]
    right = {next(n for n in images if sample.name in n): sample.labels for sample in samples}
    return Packed(files, format, right)


def _coco(images: Any, annotations: Any, **more: Any) -> bytes:
    document = {"images": images, "annotations": annotations, "categories": [], **more}
    return json.dumps(document).encode()


def _listed(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH, **more}


def _outline(box: Box) -> list[int]:
    left, top, right, bottom = box
    return [left, top, right, top, right, bottom, left, bottom]


def _runs(box: Box) -> list[int]:
    """COCO's run lengths, column by column."""
    flat = (boxes(box) > 0).T.ravel().astype(np.int8)
    ends = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), flat.size]
    return [int(b) - int(a) for a, b in pairwise(ends)]


def coco_of_a_library() -> Packed:
    """Datumaro's: masks as uncompressed run lengths, `iscrowd` 1, one file per part."""
    rle = {"size": [HEIGHT, WIDTH], "counts": _runs(TWO)}
    drawn = [
        {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": [_outline(ONE)]},
        {"id": 2, "image_id": 1, "category_id": 1, "iscrowd": 1, "segmentation": rle},
    ]
    files = {
        "images/train/a.png": encode_png(frame(1)),
        "images/val/b.png": encode_png(frame(2)),
        "annotations/instances_train.json": _coco([_listed(1, "a.png")], drawn),
        "annotations/instances_val.json": _coco([_listed(1, "b.png")], []),
    }
    right = {"images/train/a.png": boxes(ONE, TWO), "images/val/b.png": boxes()}
    return Packed(files, "coco", right)


def coco_of_label_studio() -> Packed:
    """Label Studio's: paths on its server, one JSON, `ignore` in annotations."""
    drawn = {"id": 0, "image_id": 0, "category_id": 0, "ignore": 0, "iscrowd": 0}
    image = _listed(0, "..\\..\\label-studio\\data\\media\\upload\\1\\ab12-scan.png")
    files = {
        "images/ab12-scan.png": encode_png(frame(1)),
        "result.json": _coco([image], [{**drawn, "segmentation": [_outline(ONE)]}], info={}),
    }
    return Packed(files, "coco", {"images/ab12-scan.png": boxes(ONE)})


def coco_of_pandas() -> Packed:
    """Ids as floats, NaN, UTF-16, and an image listed in two files."""
    drawn = {"image_id": 7.0, "segmentation": [_outline(ONE)], "score": float("nan")}
    other = {"image_id": 3.0, "segmentation": [_outline(TWO)]}
    files = {
        "a.png": encode_png(frame(1)),
        "first.json": _coco([_listed(7, "a.png")], [drawn]).decode().encode("utf-16"),
        "second.json": _coco([_listed(3, "A.png")], [other]),
    }
    return Packed(files, "coco", {"a.png": boxes(ONE, TWO)})


def _labelme(shapes: list[dict[str, Any]], image: str, **more: Any) -> bytes:
    document = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": image, **more}
    return json.dumps({"imageHeight": HEIGHT, "imageWidth": WIDTH, **document}).encode()


def _shape(kind: str, points: Any, label: str = "lesion", **more: Any) -> dict[str, Any]:
    return {"label": label, "shape_type": kind, "points": points, "group_id": None, **more}


def labelme_of_windows() -> Packed:
    """Rectangles with two and four corners, a mask, a stray point, an embedded JPEG."""
    left, top, right, bottom = ONE
    corners = [[left, top], [right - 1, top], [right - 1, bottom - 1], [left, bottom - 1]]
    mask = base64.b64encode(png(np.full((20, 30), 255, np.uint8))).decode()
    kept = base64.b64encode(jpeg(frame(2), 75)).decode()
    two = [[TWO[0], TWO[1]], [TWO[2] - 1, TWO[3] - 1]]
    files = {
        "set/a.png": encode_png(frame(1)),
        "set/a.json": _labelme(
            [_shape("rectangle", corners), _shape("mask", two, mask=mask)], "C:\\scans\\a.png"
        ),
        "set/b.jpg": jpeg(frame(2)),
        "set/b.json": _labelme(
            [_shape("rectangle", [corners[0], corners[2]]), _shape("point", [[5, 5]])],
            "b.jpg",
            imageData=kept,
        ),
        "set/c.png": encode_png(frame(3)),
        "set/c.json": _labelme([_shape("polygon", corners, "__ignore__")], "c.png"),
    }
    right_ = {"set/a.png": boxes(ONE, TWO), "set/b.json": boxes(ONE), "set/c.png": boxes()}
    return Packed(files, "labelme", right_)


def _yolo(*found: Box, most: float = 1.0) -> bytes:
    """Lines through the centres of the outermost pixels, since the filler also paints those.

    Args:
        most: position of the image's right edge.
    """
    lines = []
    for left, top, right, bottom in found:
        x, y = (left + 0.5, right - 0.5), (top + 0.5, bottom - 0.5)
        points = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]
        lines.append(
            " ".join(f"{most if a > WIDTH - 1 else a / WIDTH} {b / HEIGHT}" for a, b in points)
        )
    return "".join(f"0 {line}\n" for line in lines).encode()


def yolo_of_ultralytics() -> Packed:
    """`images/train`, `labels/train`, lists of paths, names as a list; points a little outside."""
    edge: Box = (110, 10, WIDTH, 40)
    files = {
        "data.yaml": b"train: train.txt\nval: val.txt\nnames: ['lesion']\n",
        "train.txt": b"./images/train/a.jpg\n",
        "val.txt": b"./images/val/b.jpg\n",
        "images/train/a.jpg": jpeg(frame(1)),
        "labels/train/a.txt": b"\xef\xbb\xbf" + _yolo(ONE, TWO),
        "images/val/b.jpg": jpeg(frame(2)),
        "labels/val/b.txt": _yolo(edge, most=1.004),
        "images/val/c.jpg": jpeg(frame(3)),
        "labels/val/c.txt": b"",
    }
    right = {
        "images/train/a.jpg": boxes(ONE, TWO),
        "images/val/b.jpg": boxes(edge),
        "images/val/c.jpg": boxes(),
    }
    return Packed(files, "yolo-seg", right)


def yolo_of_roboflow() -> Packed:
    """`train/images` and `train/labels`, and a JSON about the project."""
    files = {
        "train/images/a.jpg": jpeg(frame(1)),
        "train/labels/a.txt": _yolo(ONE),
        "valid/images/a.jpg": jpeg(frame(2)),
        "valid/labels/a.txt": _yolo(TWO),
        "notes.json": b'{"categories": [{"id": 0, "name": "lesion"}], "info": {}}',
        "README.txt": b"exported",
    }
    right = {"train/images/a.jpg": boxes(ONE), "valid/images/a.jpg": boxes(TWO)}
    return Packed(files, "yolo-seg", right)


def voc_in_colours() -> Packed:
    """CVAT's: classes and objects in colours, named in `labelmap.txt`."""
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    objects = red.copy()
    labels = boxes(ONE, TWO)
    red[labels > 0] = (255, 0, 0)
    red[0:5, 0:5] = (0, 255, 0)  # tissue, which is listed as background
    for number in (1, 2):
        objects[labels == number] = VOC_COLOURS[number]
    legend = b"# label:color_rgb:parts:actions\nbackground:0,0,0::\nlesion:255,0,0::\n"
    files = {
        "labelmap.txt": legend + b"ignore:0,255,0::\n",
        "JPEGImages/a.jpg": jpeg(frame(1)),
        "SegmentationClass/a.png": png(red),
        "SegmentationObject/a.png": png(objects),
        "ImageSets/Segmentation/default.txt": b"a\n",
    }
    return Packed(files, "voc", {"JPEGImages/a.jpg": labels})


def voc_with_void() -> Packed:
    """The development kit's: a palette, and a border of 255 around each object."""
    classes = boxes(ONE)
    classes[ONE[1] - 2 : ONE[1], ONE[0] : ONE[2]] = 255
    palette = [value for colour in VOC_COLOURS for value in colour]
    files = {
        "VOC2012/JPEGImages/a.jpg": jpeg(frame(1)),
        "VOC2012/SegmentationClass/a.png": png(classes, palette),
    }
    return Packed(files, "voc", {"VOC2012/JPEGImages/a.jpg": boxes(ONE)})


def nnunet_of_others() -> Packed:
    """Two data sets with equal case names and two channels."""
    files = {
        f"{name}/imagesTr/c_000{channel}.png": encode_png(frame(seed + channel))
        for name, seed in (("Dataset001_A", 1), ("Dataset002_B", 3))
        for channel in (0, 1)
    }
    files["Dataset001_A/labelsTr/c.png"] = png(boxes(ONE))
    files["Dataset002_B/labelsTr/c.png"] = png(boxes(TWO))
    files["Dataset001_A/dataset.json"] = b'{"labels": {"background": 0, "lesion": 1}}'
    right = {
        "Dataset001_A/imagesTr/c_0000.png": boxes(ONE),
        "Dataset002_B/imagesTr/c_0000.png": boxes(TWO),
    }
    return Packed(files, "nnunet", right)


def masks_of_busi() -> Packed:
    """Masks side by side with their images, several masks for several lesions."""
    files = {
        "benign/benign (1).png": encode_png(frame(1)),
        "benign/benign (1)_mask.png": png((boxes(ONE) > 0).astype(np.uint8) * 255),
        "benign/benign (1)_mask_1.png": png((boxes(TWO) > 0).astype(np.uint8) * 255),
        "normal/normal (1).png": encode_png(frame(2)),
        "normal/normal (1)_mask.png": png(boxes()),
    }
    right = {"benign/benign (1).png": boxes(ONE, TWO), "normal/normal (1).png": boxes()}
    return Packed(files, "png", right)


def masks_by_alpha_and_palette() -> Packed:
    """A mask in the alpha channel, one whose palette has black last, soft edges, and numbers."""
    first, second = boxes(ONE) > 0, boxes(TWO) > 0
    clear = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    clear[..., 3] = first * 255
    soft = cv2.blur(second.astype(np.uint8) * 255, (3, 3))
    files = {f"images/{name}.png": encode_png(frame(n)) for n, name in enumerate("abcd")}
    files["masks/a.png"] = png(clear)
    files["masks/b.png"] = png((~first).astype(np.uint8), [255, 255, 255, 0, 0, 0])
    files["masks/c.png"] = png(np.asarray(soft, np.uint8))
    files["lesions/d.png"] = png(boxes(ONE, TWO))
    right = {
        "images/a.png": boxes(ONE),
        "images/b.png": boxes(ONE),
        "images/c.png": (soft >= 128).astype(np.uint8),
        "images/d.png": boxes(ONE, TWO),
    }
    return Packed(files, "png", right)


def cvat_for_images() -> Packed:
    """CVAT's own XML: polygons, a mask, and an image without either."""
    left, top, right, bottom = TWO
    runs = f"0,{(right - left) * (bottom - top)}"
    points = ";".join(f"{x}.00,{y}.00" for x, y in zip(*[iter(_outline(ONE))] * 2, strict=True))
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><name>set</name></task></meta>
<image id="0" name="a.png" width="{WIDTH}" height="{HEIGHT}">
<polygon label="lesion" points="{points}" z_order="0"></polygon>
<mask label="cyst" rle="{runs}" left="{left}" top="{top}" width="{right - left}"
 height="{bottom - top}" z_order="0"></mask></image>
<image id="1" name="b.png" width="{WIDTH}" height="{HEIGHT}"></image></annotations>"""
    files = {
        "annotations.xml": text.encode(),
        "images/a.png": encode_png(frame(1)),
        "images/b.png": encode_png(frame(2)),
    }
    return Packed(files, "cvat", {"images/a.png": boxes(ONE, TWO), "images/b.png": boxes()})


def labelme_three() -> Packed:
    """LabelMe 3.0, as exported by CVAT: one XML per image."""
    pairs = zip(*[iter(_outline(ONE))] * 2, strict=True)
    points = "".join(f"<pt><x>{x}.00</x><y>{y}.00</y></pt>" for x, y in pairs)
    text = f"""<annotation><filename>a.png</filename><folder>train</folder>
<imagesize><nrows>{HEIGHT}</nrows><ncols>{WIDTH}</ncols></imagesize>
<object><name>lesion</name><deleted>0</deleted><polygon>{points}</polygon></object></annotation>"""
    files = {
        "Annotations/train/a.xml": text.encode(),
        "Images/train/a.png": encode_png(frame(1)),
    }
    return Packed(files, "labelme-xml", {"Images/train/a.png": boxes(ONE)})


def voc_with_outlines() -> Packed:
    """Roboflow's and supervision's: VOC's XML with outlines besides boxes, counted from 1."""
    left, top, right, bottom = ONE
    corners = ((left, top), (right - 1, top), (right - 1, bottom - 1), (left, bottom - 1))
    points = "".join(
        f"<x{n}>{x + 1}</x{n}><y{n}>{y + 1}</y{n}>" for n, (x, y) in enumerate(corners, 1)
    )
    box = f"<bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin></bndbox>"
    drawn = f"<object><name>cyst</name>{box}<polygon>{points}</polygon></object>"
    files: dict[str, bytes] = {}
    for number, (stem, objects) in enumerate({"a": drawn, "b": ""}.items(), 1):
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
        text = f"<annotation><filename>{stem}.png</filename>{size}{objects}</annotation>"
        files[f"annotations/{stem}.xml"] = text.encode()
        files[f"images/{stem}.png"] = encode_png(frame(number))
    return Packed(files, "voc-xml", {"images/a.png": boxes(ONE), "images/b.png": boxes()})


OTHERS: dict[str, Callable[[], Packed]] = {
    made.__name__: made
    for made in (
        *(coco_of_a_library, coco_of_label_studio, coco_of_pandas, labelme_of_windows),
        *(yolo_of_ultralytics, yolo_of_roboflow, voc_in_colours, voc_with_void),
        *(nnunet_of_others, masks_of_busi, masks_by_alpha_and_palette),
        *(cvat_for_images, labelme_three, voc_with_outlines),
    )
}
"""Archives of other tools, by kind."""


def all_archives() -> Iterator[tuple[str, Packed]]:
    """Our archives and others', by name."""
    for format in WRITERS:
        yield f"own_{format}", own(format)
    for name, make in OTHERS.items():
        yield name, make()
