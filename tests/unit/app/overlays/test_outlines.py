"""Outlines on thumbnails."""

import re
from pathlib import Path

from app.overlays.outlines import COLOURS

PAGE = Path(__file__).parents[4] / "frontend" / "src" / "viewer" / "lesions.ts"


def test_a_lesion_has_the_colour_that_the_image_page_gives_it() -> None:
    listed = PAGE.read_text().partition("LESION_COLOURS = [")[2].partition("]")[0]
    assert tuple(re.findall(r"'(#[0-9a-f]{6})'", listed)) == COLOURS
