"""A lesion is measured by its region's scale, and not at all across regions or in a spectrum."""

import numpy as np
import pytest

from app.images.records import Box, Geometry
from worker.pipeline.drawn import drawn_lesions
from worker.pipeline.frame import Lengths, Region, Scale, Spacing, Unmeasured
from worker.pipeline.lesions import find_lesions

DUAL = Lengths(
    scales=(
        Scale(Region(0, 0, 100, 100), (0.2, 0.2)),
        Scale(Region(0, 100, 100, 100), (0.5, 0.5)),
    )
)

FINE = (0.2, 0.2)


def at(lengths: Lengths, box: Region) -> Spacing | None:
    """Return the worker's spacing, after checking that the API's is the same."""
    geometry = Geometry(
        None,
        lengths.spacing,
        tuple((Box(*one.region), one.spacing) for one in lengths.scales),
        tuple((Box(*one.region), one.covers) for one in lengths.unmeasured),
    )
    found = lengths.at(box)
    assert geometry.at(Box(*box)) == found
    return found


def test_each_side_of_a_dual_view_by_its_own_scale_and_nothing_across() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[10:30, 10:20] = mask[10:30, 150:160] = mask[60:80, 95:105] = True
    by_place = {one.box.left: one for one in find_lesions(mask, mask.astype(np.float32), DUAL)}
    assert by_place[10].area_mm2 == pytest.approx(200 * 0.04)
    assert by_place[150].area_mm2 == pytest.approx(200 * 0.25)
    ratio = (by_place[150].long_axis.length_mm or 0) / (by_place[10].long_axis.length_mm or 1)
    assert ratio == pytest.approx(2.5)
    assert by_place[95].area_mm2 is None
    assert by_place[95].long_axis.length_mm is None
    labels = np.zeros(mask.shape, np.uint8)
    labels[10:30, 150:160], labels[60:80, 95:105] = 1, 2
    drawn = drawn_lesions(labels, DUAL)
    assert [one.area_mm2 for one in drawn] == [pytest.approx(50.0), None]


def test_a_lesion_in_a_crop_is_looked_up_where_it_is_in_the_frame() -> None:
    mask = np.ones((10, 10), np.bool_)
    (found,) = find_lesions(mask, mask.astype(np.float32), DUAL, origin=(20, 150))
    assert found.area_mm2 == pytest.approx(25.0)


def test_outside_every_region_nothing_is_known_and_colour_over_tissue_is_one_place() -> None:
    tissue = Scale(Region(0, 0, 100, 100), (0.2, 0.2))
    colour = Scale(Region(40, 40, 20, 20), (0.201, 0.2))
    lengths = Lengths(scales=(tissue, colour))
    assert at(lengths, Region(30, 30, 20, 20)) == (0.2, 0.2)
    assert at(lengths, Region(0, 120, 5, 5)) is None
    spectrum = Lengths(scales=(tissue, Scale(Region(0, 50, 100, 60), None)))
    assert at(spectrum, Region(10, 60, 5, 5)) is None


@pytest.mark.parametrize("spacing", [FINE, None])
def test_nothing_is_measured_in_a_spectrum_beside_or_over_a_picture(
    spacing: Spacing | None,
) -> None:
    picture = Scale(Region(0, 0, 100, 100), FINE)
    beside, over = (Unmeasured(Region(*box), True) for box in ((0, 100, 100, 100), (50, 0, 50, 50)))
    lengths = Lengths(spacing, (picture,), (beside, over))
    assert at(lengths, Region(10, 10, 20, 20)) == FINE
    assert at(lengths, Region(10, 120, 20, 20)) is None, "beside"
    assert at(lengths, Region(10, 95, 20, 20)) is None, "across the edge"
    assert at(lengths, Region(60, 10, 20, 20)) is None, "over the picture"


def test_a_trace_is_drawn_over_its_picture_and_is_none_beside_it() -> None:
    trace = Unmeasured(Region(80, 0, 40, 100), False)
    lengths = Lengths(FINE, (Scale(Region(0, 0, 100, 100), FINE),), (trace,))
    assert at(lengths, Region(70, 10, 20, 20)) == FINE
    assert at(lengths, Region(105, 10, 10, 10)) is None


def test_two_pictures_of_one_scale_are_still_two_and_an_overhanging_lesion_is_in_its_own() -> None:
    two = tuple(Scale(Region(0, left, 100, 100), FINE) for left in (0, 100))
    lengths = Lengths(FINE, two)
    assert at(lengths, Region(10, 90, 20, 20)) is None
    assert at(lengths, Region(90, 10, 20, 20)) == FINE
