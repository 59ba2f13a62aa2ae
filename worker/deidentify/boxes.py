"""What was found besides echoes, and where. Never what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worker.pipeline.frame import Frame, Region

BoxKind = Literal["text", "banner", "logo", "bar", "thumbnail", "other"]


@dataclass(frozen=True, slots=True)
class TextBox:
    """A place that holds, or may hold, what a scanner wrote. The characters are not kept.

    Attributes:
        region: px of the frame.
        kind: what is there.
        score: how sure that is, 0 to 1.
    """

    region: Region
    kind: BoxKind
    score: float

    def to_json(self) -> dict[str, int | float | str]:
        """`top`, `left`, `height`, `width` in px of the frame, `kind` and `score`."""
        return {**self.region._asdict(), "kind": self.kind, "score": round(self.score, 3)}


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A frame without what is not echo.

    Attributes:
        frame: of the size and spacing of the original, what was removed black, `region` set.
        blanked: what was made black and why; what lies beside the echoes is listed by lines,
            bars and pictures, as far as it is told apart.
        suspected: looks like text inside the sector and was kept, for a person to judge.
    """

    frame: Frame
    blanked: tuple[TextBox, ...] = ()
    suspected: tuple[TextBox, ...] = ()
