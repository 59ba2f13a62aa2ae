"""Reader of COCO files from other tools: everything is validated."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.formats.coco_masks import painted
from worker.formats.documents import entries, top_keys
from worker.formats.matching import Finder, listed, may_mean, normal, parts_of
from worker.formats.sample import MOST_LESIONS
from worker.formats.source import (
    BACKGROUNDS,
    Finding,
    LabelError,
    Labelled,
    Read,
    Tree,
    clean_name,
    require_size,
    whole,
)

LISTS = ("images", "annotations", "categories")
_NOT_COCO = "This is not a COCO file: it lacks images or annotations."
_SHOWN_IDS = 3
_ID_LENGTH = 500
_TABLES = """
CREATE TABLE image (file INTEGER, id TEXT, given TEXT, path TEXT, sure INTEGER, size TEXT);
CREATE TABLE annotation (file INTEGER, image TEXT, category TEXT, entry TEXT);
CREATE TABLE category (file INTEGER, id TEXT, name TEXT);
CREATE INDEX of_image ON annotation (file, image);
CREATE INDEX of_path ON image (path);
CREATE INDEX by_id ON image (file, id);
"""


def read(tree: Tree) -> Read:
    """Yield every image of the COCO files with its annotations, even if several files list it.

    Each annotation is a lesion of its category's class, except for categories that tools use for
    background. A pixel in two annotations belongs to the first. An image without annotations in any
    file that lists it has no lesion, unless one of these files has annotations of images that it
    does not list: one of those may belong to this image.

    Images and annotations are held on disk, so memory does not grow with the files.
    """
    with closing(_Listing(tree)) as listing:
        for name in documents(tree.names):
            try:
                if is_coco(tree, name):
                    yield from listing.take(name)
            except LabelError as error:
                listing.unread.append(name)
                yield Finding(name, error.code, error.reason)
        yield from listing.images()


def documents(names: Sequence[str]) -> Iterator[str]:
    """Files that may be COCO, without a polygon version of one already present."""
    there = set(names)
    for name in names:
        path = PurePosixPath(name)
        twin = path.with_name(path.name.replace("polygons_", "instances_", 1)).as_posix()
        if path.suffix.lower() == ".json" and (twin == name or twin not in there):
            yield name


def is_coco(tree: Tree, name: str) -> bool:
    """Whether a JSON has lists of images and annotations.

    Raises:
        LabelError: it is damaged or too large.
    """
    return {"images", "annotations"} <= top_keys(tree, name, {"images", "annotations"})


class _Listing:
    """Entries of all files, in a temporary SQLite database on disk."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._finder = Finder(tree.names)
        self.unread: list[str] = []
        """Files that cannot be read, and might list any image near them."""
        self._files: list[str] = []
        self._incomplete: set[int] = set()
        """Files with annotations of images that they do not list."""
        self._database = sqlite3.connect("")
        self._database.executescript(_TABLES)

    def close(self) -> None:
        """Remove the database."""
        self._database.close()

    def take(self, name: str) -> Iterator[Finding]:
        """Store a file's entries, and look for its images.

        Raises:
            LabelError: it is not COCO; nothing of it is stored.
        """
        file = len(self._files)
        self._files.append(name)
        try:
            drawn = self._keep(file, name)
        except LabelError:
            self._forget(file)
            raise
        if not drawn:
            self._forget(file)
            reason = "None of its annotations has an outline or a box; it was left out."
            yield Finding(name, "no-label", reason, bad=False)
            return
        yield from self._locate(file, name)
        yield from self._orphans(file, name)

    def _keep(self, file: int, name: str) -> bool:
        """Store the entries; return False if annotations exist, but none has an outline or box."""
        background: set[str] = set()
        images = annotations = placed = 0
        for key, entry in entries(self._tree, name, LISTS):
            if not isinstance(entry, dict):
                raise LabelError("not-coco", _NOT_COCO)
            if key == "categories":
                called = (file, _id(entry.get("id")), clean_name(entry.get("name")))
                self._run("INSERT INTO category VALUES (?, ?, ?)", called)
                if str(entry.get("name")).lower() in BACKGROUNDS:
                    background.add(_id(entry.get("id")))
            elif key == "images":
                images += 1
                row = (file, _id(entry.get("id")), _text(entry.get("file_name")), _size(entry))
                self._run("INSERT INTO image (file, id, given, size) VALUES (?, ?, ?, ?)", row)
            else:
                annotations += 1
                placed += bool(entry.get("segmentation") or entry.get("bbox"))
                kept = {key: entry.get(key) for key in ("segmentation", "lesion", "name")}
                of = _id(entry.get("image_id")), _id(entry.get("category_id"))
                row = (file, *of, json.dumps(kept))
                self._run("INSERT INTO annotation VALUES (?, ?, ?, ?)", row)
        if not images:
            raise LabelError("not-coco", _NOT_COCO)
        for category in background:
            self._run(
                "DELETE FROM annotation WHERE file = ? AND category = ? AND EXISTS"
                " (SELECT 1 FROM image WHERE image.file = annotation.file"
                "  AND image.id = annotation.image)",
                (file, category),
            )
        return bool(placed) or not annotations

    def _locate(self, file: int, name: str) -> Iterator[Finding]:
        """Find every image in the archive."""
        named = self._run("SELECT given FROM image WHERE file = ? AND given IS NOT NULL", (file,))
        common = _common(parts_of(given)[0][:-1] for (given,) in named)
        twice = "SELECT id FROM image WHERE file = ? GROUP BY id HAVING count(DISTINCT given) > 1"
        unclear = {row[0] for row in self._run(twice, (file,))}
        for row, identifier, given in self._rows(file):
            try:
                if identifier in unclear or not identifier:
                    raise LabelError(
                        "ambiguous", "Several images have this id, or it has none; number them."
                    )
                found = self._finder.find(given, name, common)
            except LabelError as error:
                self._run("DELETE FROM image WHERE rowid = ?", (row,))
                # Its annotations are not orphans: the finding covers them.
                self._run("DELETE FROM annotation WHERE file = ? AND image = ?", (file, identifier))
                yield Finding(f"{name}#{(given or '')[:200]}", error.code, error.reason)
            else:
                self._run(
                    "UPDATE image SET path = ?, sure = ? WHERE rowid = ?",
                    (found.name, found.sure, row),
                )

    def _rows(self, file: int) -> Iterator[tuple[int, str, str | None]]:
        """Images of a file, a few at a time, so that they may be changed meanwhile."""
        last = -1
        while rows := self._run(
            "SELECT rowid, id, given FROM image WHERE file = ? AND rowid > ?"
            " ORDER BY rowid LIMIT 1000",
            (file, last),
        ).fetchall():
            yield from rows
            last = rows[-1][0]

    def _orphans(self, file: int, name: str) -> Iterator[Finding]:
        """Report annotations that belong to no image of the file."""
        ids = [
            row[0]
            for row in self._run(
                "SELECT image FROM annotation WHERE file = ? AND NOT EXISTS"
                " (SELECT 1 FROM image WHERE image.file = annotation.file"
                "  AND image.id = annotation.image)",
                (file,),
            )
        ]
        if ids:
            self._incomplete.add(file)
            shown = ", ".join(one[:20] or "none" for one in ids[:_SHOWN_IDS])
            yield Finding(
                name,
                "orphans",
                f"{len(ids)} annotations name images that the file does not list "
                f"(image_id {shown}); add the images or correct the ids.",
            )

    def images(self) -> Iterator[Labelled | Finding]:
        """Yield every image once, with the annotations of all files."""
        for (path,) in self._run("SELECT DISTINCT path FROM image ORDER BY path"):
            rows = self._run(
                "SELECT file, id, given, sure, size FROM image WHERE path = ? ORDER BY rowid",
                (path,),
            ).fetchall()
            try:
                yield self._labelled(path, rows)
            except LabelError as error:
                yield Finding(path, error.code, error.reason)

    def _labelled(self, path: str, rows: Sequence[tuple[int, str, str, int, str]]) -> Labelled:
        names = {normal(given) for _, _, given, _, _ in rows}
        if len(names) > 1 and not all(sure for *_, sure, _ in rows):
            raise LabelError(
                "ambiguous",
                f"{listed(sorted(names))} may each mean this image; write whole paths.",
            )
        drawn: list[tuple[int, dict[str, Any]]] = []
        kinds: list[str] = []
        for file, identifier in dict.fromkeys((file, identifier) for file, identifier, *_ in rows):
            found = self._run(
                "SELECT entry, (SELECT name FROM category WHERE category.file = annotation.file"
                " AND category.id = annotation.category)"
                " FROM annotation WHERE file = ? AND image = ? ORDER BY rowid",
                (file, identifier),
            ).fetchall()
            drawn += [(file, json.loads(entry)) for entry, _ in found]
            kinds += [kind or "" for _, kind in found]
        files = {file for file, *_ in rows}
        if lost := [name for name in self.unread if may_mean(name, path)]:
            raise LabelError(
                "no-label", f"{listed(lost)} cannot be read and may have more labels of this image."
            )
        if not drawn and files & self._incomplete:
            raise LabelError(
                "no-label",
                "It has no annotation in a file that has annotations of images it does not list; "
                "one of them may be this image's.",
            )
        numbers = _numbers(drawn)
        called = {
            number: text
            for (_, entry), number in zip(drawn, numbers, strict=True)
            if (text := clean_name(entry.get("name")))
        }
        sizes = [tuple(json.loads(size)) for *_, size in rows]
        labels = partial(_labels, [entry for _, entry in drawn], numbers, sizes)
        key = PurePosixPath(path).stem
        classes = {number: kind for number, kind in zip(numbers, kinds, strict=True) if kind}
        image = partial(self._tree.read, path)
        return Labelled(path, key, image, labels, called, classes=classes)

    def _forget(self, file: int) -> None:
        self._run("DELETE FROM image WHERE file = ?", (file,))
        self._run("DELETE FROM annotation WHERE file = ?", (file,))

    def _run(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


def _id(value: object) -> str:
    """The identifier of an image or a category as text; "" if it is invalid.

    Pandas writes 1.0 if a column has gaps.
    """
    number = whole(value)
    if number is not None:
        return str(number) if abs(number) < 2**63 else ""
    return (_text(value) or "")[:_ID_LENGTH]


def _text(value: object) -> str | None:
    """Make a text storable in SQLite, without lone surrogates."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _size(entry: dict[str, Any]) -> str:
    """Rows and columns as JSON; null if it does not state them."""
    return json.dumps([whole(entry.get("height")), whole(entry.get("width"))])


def _common(folders: Iterable[Sequence[str]]) -> int:
    """Number of leading folders that all of these share."""
    first: Sequence[str] | None = None
    for other in folders:
        first = other if first is None else first
        pairs = enumerate(zip(first, other, strict=False))
        first = first[: next((at for at, (a, b) in pairs if a != b), min(len(first), len(other)))]
    return len(first or ())


def _numbers(drawn: Sequence[tuple[int, dict[str, Any]]]) -> list[int]:
    """The lesion number of each annotation: as written if all come from one file, else in order."""
    given = [whole(entry.get("lesion")) for _, entry in drawn]
    written = [number for number in given if number is not None and 1 <= number <= MOST_LESIONS]
    if len(written) == len(drawn) and len({file for file, _ in drawn}) == 1:
        return written
    if len(drawn) > MOST_LESIONS:
        raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
    return list(range(1, len(drawn) + 1))


def _labels(
    annotations: Sequence[dict[str, Any]],
    numbers: Sequence[int],
    sizes: Sequence[tuple[object, object]],
    height: int,
    width: int,
) -> NDArray[np.uint8]:
    for size in sizes:
        # CVAT and Label Studio write 0 or nothing if they do not know it.
        if size[0] and size[1]:
            require_size(size, height, width)
    segmentations = [annotation.get("segmentation") for annotation in annotations]
    return painted(segmentations, numbers, height, width)
