"""Boxes around text and other content besides echoes. The text itself is never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from worker.pipeline.frame import Frame, Region

BoxKind = Literal["text", "banner", "logo", "bar", "thumbnail", "other"]


@dataclass(frozen=True, slots=True)
class TextBox:
    """A place that contains, or may contain, a scanner's writing. The characters are not stored.

    Attributes:
        region: px of the frame.
        kind: what is there.
        score: confidence, 0 to 1.
    """

    region: Region
    kind: BoxKind
    score: float

    def to_json(self) -> dict[str, int | float | str]:
        """`top`, `left`, `height`, `width` in px of the frame, `kind` and `score`."""
        return {**self.region._asdict(), "kind": self.kind, "score": round(self.score, 3)}


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A frame with everything but the echoes blanked.

    Attributes:
        frame: of the size and spacing of the original, the removed parts black, `region` set.
        blanked: blanked areas, and why; those beside the echoes are listed as lines, bars and
            pictures, as far as these can be distinguished.
        suspected: areas inside the sector that look like text and were kept, for a person to judge.
    """

    frame: Frame
    blanked: tuple[TextBox, ...] = ()
    suspected: tuple[TextBox, ...] = ()


def around(boxes: Sequence[TextBox]) -> TextBox:
    """Return one box around several, of the kind of the first, with the highest score."""
    regions = [one.region for one in boxes]
    top, left = min(one.top for one in regions), min(one.left for one in regions)
    bottom = max(one.top + one.height for one in regions)
    right = max(one.left + one.width for one in regions)
    region = Region(top, left, bottom - top, right - left)
    return TextBox(region, boxes[0].kind, max(one.score for one in boxes))


def at_most(boxes: Sequence[TextBox], most: int) -> tuple[TextBox, ...]:
    """Return at most that many boxes: all that are too many become one around them."""
    if len(boxes) <= most:
        return tuple(boxes)
    return (*boxes[: most - 1], around(boxes[most - 1 :]))
