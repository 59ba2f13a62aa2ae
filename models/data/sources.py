"""Conversion of other tools' labels and the product's own pool exports to a training data set.

Accepts every layout that `worker.formats` reads: labelme, TFRecord, COCO, YOLO, Pascal VOC,
nnU-Net, and folders of images and masks. The result has the layout of
`models.data.samples.read_samples`, with groups that never cross a fold.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from models.data.classes import LABELLED_COLUMN, write_class_names
from models.data.labels import ANY_CLASS
from models.data.samples import SAMPLES_FILE, DataError
from worker.decoding import decode, decode_label
from worker.formats.documents import names_by_number
from worker.formats.label_pictures import decoded_by
from worker.formats.layouts import READERS, layout_of
from worker.formats.originals import image_of
from worker.formats.sample import LESION
from worker.formats.source import Finding, LabelError, Labelled, Tree
from worker.ingest import DecodeError, DecodeLimits
from worker.pipeline import encode_mask_png, encode_png

GROUP_COLUMNS = ("subject", "patient", "duplicate_group")
SPLIT_FOLDS = {"train": 1, "validation": 2}
"""Folds of a pool export. Its test part is not for training and is left out."""
_PIECE = 1024 * 1024
_NAME_COLUMNS = ("name", "id")
_KEPT_COLUMNS = ("class", "pathology", "device", LABELLED_COLUMN)


class FolderTree:
    """The files below a folder by relative path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )

    @property
    def names(self) -> Sequence[str]:
        """Return the paths with slashes, sorted."""
        return self._names

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return all bytes of a file; raise LabelError if it is larger than the limit."""
        return b"".join(self.pieces(name, limit))

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """Read as `read` does, one piece at a time."""
        path = self._folder / name
        if limit is not None and path.stat().st_size > limit:
            raise LabelError("too-large", f"The file has more than {limit:,} bytes.")
        with path.open("rb") as file:
            yield from iter(lambda: file.read(_PIECE), b"")


class ArchiveTree:
    """The files of a ZIP, such as a pool export, by path."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = sorted(e.filename for e in archive.infolist() if not e.is_dir())

    @property
    def names(self) -> Sequence[str]:
        """Return the paths with slashes, sorted."""
        return self._names

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return all bytes of a file; raise LabelError if it is damaged or above the limit."""
        return b"".join(self.pieces(name, limit))

    def pieces(self, name: str, limit: int | None = None) -> Iterator[bytes]:
        """Read as `read` does, one piece at a time."""
        if limit is not None and self._archive.getinfo(name).file_size > limit:
            raise LabelError("too-large", f"The file has more than {limit:,} bytes.")
        try:
            with self._archive.open(name) as file:
                yield from iter(lambda: file.read(_PIECE), b"")
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise LabelError("damaged", "The file is damaged; get the ZIP once more.") from error


@dataclass(slots=True)
class Prepared:
    """The result of preparing labels."""

    images: int = 0
    groups: int = 0
    left_out: int = 0
    """Number of images of a test part, which are left out."""
    findings: list[Finding] = field(default_factory=list)
    """Files that could not be used, and the reasons."""
    classes: tuple[str, ...] = ()
    """Names of the lesions' classes; empty if there is only one."""


def open_tree(path: Path) -> Tree:
    """Return the files of a folder or a ZIP.

    Raises:
        DataError: the path is neither.
    """
    if path.is_dir():
        return FolderTree(path)
    try:
        return ArchiveTree(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is neither a folder nor an intact ZIP.") from error


def prepare(
    tree: Tree,
    out: Path,
    *,
    layout: str | None = None,
    folds: int = 5,
    group_pattern: str | None = None,
    on_image: Callable[[], None] | None = None,
) -> Prepared:
    """Write `images/`, `masks/`, `classes/` and the tables into a new folder.

    A table `samples.csv` in the source gives the group (`subject`, `patient` or `duplicate_group`)
    and the `fold` or `split` of each image (`name` or `id`). Without folds there, groups are dealt
    out by a hash. If images have the same pixels, the first is kept.

    Args:
        tree: files of the source.
        out: folder to make; the table is written last, so an interrupted run leaves no data set.
        layout: a key of READERS; detected by default.
        folds: number of folds if the table names none.
        group_pattern: regular expression whose first group, found in an image's name, names its
            subject; for sources without a table.
        on_image: called after each image.

    Raises:
        DataError: the folder already holds a data set, or nothing could be used.
    """
    if (out / SAMPLES_FILE).exists():
        raise DataError(f"{out} holds a data set already; choose another folder.")
    table = _table(tree)
    for name in ("images", "masks", "classes"):
        (out / name).mkdir(parents=True, exist_ok=True)
    done = Prepared()
    rows: list[dict[str, str]] = []
    seen: dict[bytes, str] = {}
    kinds: dict[str, int] = {}
    taken: set[str] = set()
    for found in READERS[layout or layout_of(tree)](tree):
        if isinstance(found, Finding):
            done.findings.append(found)
            continue
        known = table.get(found.key, {})
        if known.get("split", "train") not in SPLIT_FOLDS:
            done.left_out += 1
            continue
        try:
            pixels, labels, said = _decoded(found)
        except LabelError as error:
            done.findings.append(Finding(found.name, error.code, error.reason))
            continue
        digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).digest()
        if digest in seen:
            reason = f"It has the pixels of {seen[digest]}, which is kept."
            done.findings.append(Finding(found.name, "duplicate", reason))
            continue
        seen[digest] = found.name
        name = _unique(found.key, taken)
        (out / "images" / f"{name}.png").write_bytes(encode_png(pixels))
        (out / "masks" / f"{name}.png").write_bytes(encode_mask_png(labels > 0))
        said = said or names_by_number(known.get("lesion_classes"))
        classes = _class_picture(labels, said, kinds)
        (out / "classes" / f"{name}.png").write_bytes(encode_png(classes))
        group = _group(found.key, known, group_pattern)
        rows.append(
            {
                "id": name,
                "patient": group,
                "fold": str(_fold(known, group, folds)),
                **{column: known.get(column, "") for column in _KEPT_COLUMNS},
            }
        )
        if on_image:
            on_image()
    if not rows:
        raise DataError("No image with a label was found that can be used to train on.")
    _require_whole_groups(rows)
    if set(kinds) <= {LESION.name}:
        shutil.rmtree(out / "classes")
    else:
        write_class_names(out, list(kinds))
        done.classes = tuple(kinds)
    with (out / SAMPLES_FILE).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done.images, done.groups = len(rows), len({row["patient"] for row in rows})
    return done


def _table(tree: Tree) -> dict[str, dict[str, str]]:
    """Return the rows of the source's own table by image stem; empty if there is no table."""
    name = next((n for n in tree.names if PurePosixPath(n).name == SAMPLES_FILE), None)
    if name is None:
        return {}
    try:
        text = tree.read(name).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name} is no CSV in UTF-8.") from error
    column = next((c for c in _NAME_COLUMNS if rows and c in rows[0]), None)
    if column is None:
        raise DataError(f"{name} needs a header with the column name or id, and rows.")
    return {PurePosixPath(row[column]).name: {k: v or "" for k, v in row.items()} for row in rows}


def _class_picture(
    labels: NDArray[np.uint8], said: Mapping[int, str], kinds: dict[str, int]
) -> NDArray[np.uint8]:
    """Convert lesion numbers to class numbers; a new name gets the next number.

    Raises:
        DataError: there are more classes than a picture has numbers for.
    """
    table = np.zeros(256, np.uint8)
    for number in np.unique(labels[labels > 0]).tolist():
        name = said.get(number)
        table[number] = ANY_CLASS if not name else kinds.setdefault(name, len(kinds) + 1)
        if len(kinds) >= ANY_CLASS:
            raise DataError(f"The labels have more than {ANY_CLASS - 1} classes.")
    return np.asarray(table[labels], np.uint8)


def _decoded(
    found: Labelled,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Mapping[int, str]]:
    """Return pixels as the product stores them, lesion numbers, and the lesions' classes.

    Raises:
        LabelError: the image or the label cannot be used.
    """
    try:
        decoded = image_of(found, partial(decode, limits=DecodeLimits()), DecodeError)
        frame = decoded.deidentified().frame
    except DecodeError as error:
        raise LabelError("not-an-image", error.detail) from error
    with decoded_by(decode_label):
        labels = found.labels(frame.height, frame.width)
        return frame.pixels, labels, found.classify(labels) if found.classify else found.classes


def _unique(key: str, taken: set[str]) -> str:
    """Return a file name made from the source's name of an image."""
    stem = re.sub(r"[^\w.-]", "_", key).lstrip(".") or "image"
    name, number = stem, 1
    while name.lower() in taken:  # some file systems are case-insensitive
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.lower())
    return name


def _group(key: str, known: Mapping[str, str], pattern: str | None) -> str:
    for column in GROUP_COLUMNS:
        if known.get(column):
            return known[column]
    if pattern is not None and (match := re.search(pattern, key)):
        return match.group(1) if match.re.groups else match.group(0)
    return key


def _fold(known: Mapping[str, str], group: str, folds: int) -> int:
    if known.get("fold"):
        return int(known["fold"])
    if known.get("split"):
        return SPLIT_FOLDS[known["split"]]
    digest = hashlib.sha256(group.encode()).digest()
    return 1 + int.from_bytes(digest[:8], "big") % folds


def _require_whole_groups(rows: Sequence[Mapping[str, str]]) -> None:
    """Refuse a table of the source in which a group is in two folds.

    Raises:
        DataError: there are such groups; the message names some of them.
    """
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["patient"], set()).add(row["fold"])
    crossing = sorted(group for group, its in found.items() if len(its) > 1)
    if crossing:
        listed = ", ".join(crossing[:5])
        raise DataError(f"{len(crossing)} groups are in several folds: {listed}.")
