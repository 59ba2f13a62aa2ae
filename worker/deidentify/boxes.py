"""Boxes around text and other content besides echoes. The text itself is never stored."""

from __future__ import annotations

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
