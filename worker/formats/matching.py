"""The image that a label belongs to: whole paths are compared, and nothing is guessed.

Names are compared after Unicode normalisation, and case is ignored only if nothing else fits. If
several images fit, or the only one is in other folders than the label states, there is no match: a
label on the wrong image is worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from worker.formats.source import LabelError, is_image

Parts = tuple[str, ...]
"""Folders and last part of a path, normalised."""

IMAGE_WORDS = {
    *("images", "image", "imgs", "img", "frames", "frame", "jpegimages", "pictures", "scans"),
    *("imagestr", "imagests", "input", "inputs"),
}
MASK_WORDS = {
    *("masks", "mask", "labels", "label", "segmentations", "segmentation", "seg", "segs", "gt"),
    *("groundtruth", "ground", "truth", "annotations", "annotation", "segmentationclass", "anns"),
    *("labelstr", "labelsts", "ann", "json", "jsons", "coco", "labelme", "target", "targets"),
}
NUMBER_WORDS = {"lesions", "instances", "segmentationobject"}
ROLE_WORDS = IMAGE_WORDS | MASK_WORDS | NUMBER_WORDS
SPLIT_WORDS = {
    **{"train": "train", "training": "train", "trainval": "train"},
    **{"val": "val", "valid": "val", "validation": "val", "dev": "val"},
    **{"test": "test", "testing": "test"},
}
_WORDS = re.compile(r"[\W_]+")
_DRIVE = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]+:/")
_SHOWN = 3


def normal(text: str) -> str:
    """Normalise to NFC: macOS writes decomposed names."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Ignore case."""
    return normal(text).casefold()


def words_of(text: str) -> list[str]:
    """The words of a folder's or file's name, in lower case without trailing digits."""
    return [word.rstrip("0123456789") for word in _WORDS.split(text.lower()) if word]


def without_roles(folders: Iterable[str]) -> Parts:
    """Folders without words for the kind of files in them."""
    left = []
    for folder in folders:
        words = [word for word in _WORDS.split(folder) if word]
        kept = [word for word in words if word.lower() not in ROLE_WORDS]
        if len(kept) == len(words):
            left.append(folder)
        elif kept:
            left.append("_".join(kept))
    return tuple(left)


def listed(names: Sequence[str]) -> str:
    """A few names, for use in a reason."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class Found:
    """An image that was found.

    Attributes:
        name: its path in the archive.
        sure: whether the label has the whole path, from the archive's root or from its own folder.
    """

    name: str
    sure: bool


class Index:
    """Paths by their normalised parts; case counts only if necessary."""

    def __init__(self, names: Iterable[str]) -> None:
        self._levels: list[tuple[Callable[[str], str], dict[Parts, list[str]]]] = []
        for change in (normal, folded):
            found: dict[Parts, list[str]] = defaultdict(list)
            for name in names:
                found[tuple(map(change, PurePosixPath(name).parts))].append(name)
            self._levels.append((change, found))

    def get(self, path: Sequence[str]) -> list[str]:
        """Return all paths with this name."""
        for change, found in self._levels:
            if names := found.get(tuple(map(change, path))):
                return names
        return []


class Finder:
    """Finds the image that a label names."""

    def __init__(self, names: Iterable[str]) -> None:
        images = [name for name in names if is_image(name)]
        self._whole = Index(images)
        self._by_last: list[tuple[Callable[[str], str], dict[str, list[str]]]] = []
        for change in (normal, folded):
            found: dict[str, list[str]] = defaultdict(list)
            for name in images:
                found[change(PurePosixPath(name).name)].append(name)
            self._by_last.append((change, found))

    def find(self, given: object, near: str, common: int = 0) -> Found:
        """Return the image.

        Args:
            given: the path in the label.
            near: path of the label's file.
            common: number of leading folders that all names in the label's file share, so that they
                do not distinguish images.

        Raises:
            LabelError: there is no image, several, or only one in contradicting folders.
        """
        if not isinstance(given, str) or not given.strip():
            raise LabelError("no-image", "The label does not name its image.")
        path, elsewhere = parts_of(given)
        folder = PurePosixPath(near).parent.parts
        if not elsewhere:
            beside, climbs = _resolved((*folder, *path))
            elsewhere = climbs
            path = _resolved(path)[0] if not climbs else beside
            for whole in (beside, path):
                if names := self._whole.get(whole):
                    return Found(_only(names), sure=True)
        else:
            path = _resolved(path)[0]
        if not path:
            raise LabelError("no-image", "The label does not name its image.")
        return Found(self._fitting(path, near, elsewhere, common), sure=False)

    def _fitting(self, path: Parts, near: str, elsewhere: bool, common: int) -> str:
        same_last: list[str] = []
        for change, found in self._by_last:
            same_last = found.get(change(path[-1]), [])
            lead = len(path) - 1 if elsewhere else common
            fits = [name for name in same_last if _fits(name, path, near, lead, change)]
            if len(fits) > 1:
                fits = _nearest(fits, near)
            if fits:
                return _only(fits)
        if same_last:
            raise LabelError(
                "no-image",
                "The image that the label names is not in the archive; "
                f"{listed(same_last)} lies elsewhere than the label says.",
            )
        raise LabelError("no-image", "The image that the label names is not in the archive.")


def may_mean(near: str, name: str) -> bool:
    """Whether an unreadable label file may be about this image, judging by its folders."""
    return _fits(name, (normal(PurePosixPath(name).name),), near, 0, normal)


def parts_of(given: str) -> tuple[Parts, bool]:
    """The parts of a path as written by some tool, and whether it starts outside the archive."""
    text = given.strip().replace("\\", "/")
    elsewhere = text.startswith("/") or bool(_DRIVE.match(text))
    text = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]+://[^/]*", "", text)
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if parts and re.fullmatch(r"[A-Za-z]:", parts[0]):
        parts = parts[1:]
    return tuple(parts), elsewhere


def _resolved(parts: Sequence[str]) -> tuple[Parts, bool]:
    """Resolve `..`; return whether it went above the first part."""
    found: list[str] = []
    climbed = False
    for part in parts:
        if part != "..":
            found.append(part)
        elif found:
            found.pop()
        else:
            climbed = True
    return tuple(found), climbed


def _only(names: Sequence[str]) -> str:
    if len(names) > 1:
        raise LabelError(
            "ambiguous",
            f"Several images fit: {listed(names)}; write the whole path in the label.",
        )
    return names[0]


def _fits(name: str, path: Parts, near: str, lead: int, change: Callable[[str], str]) -> bool:
    """Whether nothing contradicts this image.

    Args:
        lead: number of leading parts of the label's path to ignore, as they are from another
            machine or common to all images.
    """
    there = tuple(map(change, PurePosixPath(name).parts))
    said = tuple(map(change, path))
    shared = 0
    while shared < min(len(there), len(said)) and there[-1 - shared] == said[-1 - shared]:
        shared += 1
    more_there, more_said = there[: len(there) - shared], said[: len(said) - shared]
    if len(more_said) > lead:
        return False
    label = PurePosixPath(near)
    if more_said and more_there:
        beside = more_there == tuple(map(change, label.parent.parts))
        own = change(label.stem) == change(PurePosixPath(name).stem)
        return not without_roles(more_there) or (beside and own)
    if _split_of([*label.parent.parts, label.stem]) != _split_of(more_there) and (
        _split_of(more_there) and _split_of([*label.parent.parts, label.stem])
    ):
        return False
    ours = without_roles(map(change, label.parent.parts))
    return _within(ours, without_roles(more_there)) or _within(without_roles(more_there), ours)


def _split_of(folders: Iterable[str]) -> str:
    """Train, val or test, if a path states it."""
    found = {
        SPLIT_WORDS[word] for folder in folders for word in words_of(folder) if word in SPLIT_WORDS
    }
    return found.pop() if len(found) == 1 else ""


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether all of `few` are in `many`, in the same order."""
    rest = iter(many)
    return all(part in rest for part in few)


def _nearest(names: Sequence[str], near: str) -> list[str]:
    """The images that share the most folders, or the split, with the label's file."""
    label = PurePosixPath(near)
    split = _split_of([*label.parent.parts, label.stem])
    ours = label.parent.parts

    def nearness(name: str) -> tuple[bool, int]:
        folders = PurePosixPath(name).parent.parts
        shared = 0
        while shared < min(len(folders), len(ours)) and folders[shared] == ours[shared]:
            shared += 1
        return bool(split) and _split_of(folders) == split, shared

    best = max(map(nearness, names))
    return [name for name in names if nearness(name) == best]
