"""A stored drawing as arrays: lesions by number in layers, their classes and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import cv2
import numpy as np
from numpy.typing import NDArray

from app.label_sets.records import Vocabulary
from app.label_sets.tables import LESION_CLASS_ID
from worker.interactive.runs import decode_runs, encode_runs
from worker.pipeline.drawn import DrawnLesion, drawn_lesions
from worker.pipeline.frame import Lengths, Spacing

Numbers = NDArray[np.uint8]
"""uint8 [H,W]: 0 is background, 1 to 254 the number of the lesion."""


@dataclass(frozen=True)
class Drawing:
    """The drawing on a frame. A number stands for one lesion across all layers.

    Attributes:
        labels: the common layer, with the classes whose lesions do not overlap.
        overlays: a layer for each class whose lesions may overlap others.
        classes: classes of lesions by number; the default is the class "lesion".
        names: names of lesions by number, if they were named.
        attributes: attributes of lesions by number, with values by attribute id.
        image_attributes: attributes of the image, likewise.
    """

    labels: Numbers = field(repr=False)
    overlays: Mapping[UUID, Numbers] = field(default_factory=dict, repr=False)
    classes: Mapping[int, UUID] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    attributes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    image_attributes: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def from_json(kept: Mapping[str, Any], height: int, width: int) -> Drawing:
        """Read a drawing in the form of :attr:`app.masks.tables.Mask.labels`.

        Raises:
            ValueError: it is not a drawing on a frame of that size.
        """
        return Drawing(
            labels=decode_runs(kept["runs"], height, width),
            overlays={
                UUID(layer["class_id"]): decode_runs(layer["runs"], height, width)
                for layer in kept.get("overlays", ())
            },
            classes={int(n): UUID(one) for n, one in kept.get("classes", {}).items()},
            names={int(n): str(name) for n, name in (kept.get("names") or {}).items() if name},
            attributes={int(n): values for n, values in kept.get("attributes", {}).items()},
            image_attributes=kept.get("image_attributes", {}),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form of :attr:`app.masks.tables.Mask.labels`, without empty fields."""
        there = set(self.numbers)
        kept: dict[str, Any] = {
            "runs": encode_runs(self.labels),
            "names": {str(n): name for n, name in self.names.items() if n in there},
        }
        more = {
            "overlays": [
                {"class_id": str(one), "runs": encode_runs(layer)}
                for one, layer in self.overlays.items()
                if layer.any()
            ],
            "classes": {str(n): str(one) for n, one in self.classes.items() if n in there},
            "attributes": {
                str(n): dict(values)
                for n, values in self.attributes.items()
                if n in there and values
            },
            "image_attributes": dict(self.image_attributes),
            "overlap": self.overlap,
        }
        return kept | {key: value for key, value in more.items() if value}

    @property
    def says_more(self) -> bool:
        """Whether it contains more than the lesion of each pixel."""
        return bool(self.classes or self.attributes or self.image_attributes)

    @property
    def layers(self) -> list[Numbers]:
        """The common layer, then those of single classes."""
        return [self.labels, *self.overlays.values()]

    @cached_property
    def numbers(self) -> list[int]:
        """Numbers of the existing lesions, ascending."""
        found = (np.flatnonzero(np.bincount(one.ravel(), minlength=256)) for one in self.layers)
        return sorted({int(number) for layer in found for number in layer if number})

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """bool [H,W], any lesion."""
        mask = self.labels > 0
        for layer in self.overlays.values():
            mask |= layer > 0
        return mask

    @property
    def overlap(self) -> bool:
        """Whether any pixel is in two lesions."""
        if not self.overlays:
            return False
        depth = np.sum([layer > 0 for layer in self.layers], axis=0)
        return bool((depth > 1).any())

    def lesion(self, number: int) -> NDArray[np.bool_]:
        """bool [H,W], the pixels of one lesion."""
        mask = self.labels == number
        for layer in self.overlays.values():
            mask |= layer == number
        return cast(NDArray[np.bool_], mask)

    def class_of(self, number: int) -> UUID:
        """The class of a lesion."""
        return self.classes.get(number, LESION_CLASS_ID)

    def by_class(self) -> dict[UUID, NDArray[np.bool_]]:
        """bool [H,W], the pixels of every existing class."""
        found: dict[UUID, NDArray[np.bool_]] = {}
        for number in self.numbers:
            kind = self.class_of(number)
            pixels = self.lesion(number)
            found[kind] = found[kind] | pixels if kind in found else pixels
        return found


def drawing_here(
    words: Vocabulary, labels: NDArray[np.uint8], classes: Mapping[int, UUID]
) -> Drawing:
    """Distribute labels to layers: each class that may overlap has its own."""
    common, overlays = labels, {}
    for kind in {kind for kind in classes.values() if words.classes[kind].overlaps}:
        mine = np.isin(labels, [number for number, one in classes.items() if one == kind])
        overlays[kind] = np.where(mine, labels, 0).astype(np.uint8)
        common = np.where(mine, 0, common).astype(np.uint8)
    return Drawing(common, overlays, classes)


def measured(
    drawing: Drawing | None, pixels: NDArray[np.bool_], spacing: Lengths | Spacing | None
) -> tuple[DrawnLesion, ...]:
    """The lesions of all layers in numerical order, each with its class."""
    if drawing is None:
        parts = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=8)[1]
        return drawn_lesions(np.asarray(parts, dtype=np.int32), spacing)
    found = [one for layer in drawing.layers for one in drawn_lesions(layer, spacing)]
    classes = {number: str(one) for number, one in drawing.classes.items()}
    return tuple(
        replace(one, class_id=classes.get(one.label))
        for one in sorted(found, key=lambda lesion: lesion.label)
    )
