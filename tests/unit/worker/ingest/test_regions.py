"""Regions of a file: each picture has its own scale; other regions are not measured in mm."""

from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.synthetic import ultrasound_region
from worker.ingest.calibration import Calibration, calibrate
from worker.pipeline.frame import Region

HEIGHT, WIDTH = 200, 300
LEFT, RIGHT = (0, 0, 200, 150), (0, 150, 200, 150)


def read(*regions: Dataset, **attributes: Any) -> tuple[Calibration, list[str]]:
    dataset = Dataset()
    if regions:
        dataset.SequenceOfUltrasoundRegions = list(regions)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    notes: list[str] = []
    return calibrate(dataset, HEIGHT, WIDTH, notes), notes


def region(box: tuple[int, int, int, int], cm: float | None, **changes: Any) -> Dataset:
    made = ultrasound_region(box, (cm, cm) if cm else None)
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


def test_both_sides_of_a_dual_view_keep_their_own_scale() -> None:
    found, notes = read(region(LEFT, 0.02), region(RIGHT, 0.05))
    assert [one.spacing for one in found.regions] == [
        pytest.approx((0.2, 0.2)),
        pytest.approx((0.5, 0.5)),
    ]
    assert found.spacing is None
    assert found.area == Region(0, 0, 200, 300)
    assert notes == ["Parts of the picture differ in scale: each is measured by its own."]


def test_sides_of_one_scale_are_measured_as_one_picture() -> None:
    found, notes = read(region(LEFT, 0.02), region(RIGHT, 0.0201))
    assert found.spacing == pytest.approx((0.2, 0.2))
    assert not notes


def test_a_spectrum_keeps_its_units_and_is_not_measured_in_mm() -> None:
    spectrum = region(
        RIGHT,
        0.5,
        RegionSpatialFormat=3,
        RegionDataType=3,
        PhysicalUnitsXDirection=4,
        PhysicalUnitsYDirection=7,
        PhysicalDeltaX=0.004,
        PhysicalDeltaY=-0.5,
    )
    found, _ = read(region(LEFT, 0.02), spectrum)
    assert found.regions[1].kind == "spectral"
    assert found.regions[1].spacing is None
    assert found.regions[1].units == {
        "row": {"step": 0.5, "unit": "cm/s"},
        "column": {"step": 0.004, "unit": "s"},
    }
    assert found.area == Region(*LEFT)


@pytest.mark.parametrize(
    ("spatial", "data", "kind"),
    [(1, 1, "2-d"), (1, 2, "colour"), (2, 1, "m-mode"), (4, 16, "trace"), (5, 1, "other")],
)
def test_what_a_region_shows(spatial: int, data: int, kind: str) -> None:
    found, _ = read(region(LEFT, 0.02, RegionSpatialFormat=spatial, RegionDataType=data))
    assert [one.kind for one in found.regions] == [kind]
    assert (found.regions[0].spacing is not None) == (kind in ("2-d", "colour"))


def test_a_pixel_spacing_that_contradicts_every_region_leaves_lengths_unknown() -> None:
    found, notes = read(region(LEFT, 0.02), region(RIGHT, 0.05), PixelSpacing=[0.9, 0.9])
    assert [one.spacing for one in found.regions] == [None, None]
    assert "contradict" in notes[0]
    found, _ = read(region(LEFT, 0.02), region(RIGHT, 0.05), PixelSpacing=[0.2, 0.2])
    assert all(one.spacing for one in found.regions)


@pytest.mark.parametrize("keyword", ["NominalScannedPixelSpacing", "ImagerPixelSpacing"])
def test_distances_on_film_or_detector_are_none_in_the_body(keyword: str) -> None:
    found, notes = read(**{keyword: [0.2, 0.2]})
    assert found.spacing is None
    assert len(notes) == 1
    found, notes = read(PixelSpacing=[0.1, 0.1], **{keyword: [0.2, 0.2]})
    assert (found.spacing, notes) == ((0.1, 0.1), [])


def test_the_spacing_of_all_frames_of_an_enhanced_file_counts() -> None:
    measures, groups = Dataset(), Dataset()
    measures.PixelSpacing = [0.3, 0.4]
    groups.PixelMeasuresSequence = [measures]
    found, _ = read(SharedFunctionalGroupsSequence=[groups])
    assert found.spacing == (0.3, 0.4)


@pytest.mark.parametrize(("cm", "counts"), [(0.19, True), (0.23, False)])
def test_a_picture_deeper_than_ultrasound_reaches_has_the_scale_of_another_one(
    cm: float, counts: bool
) -> None:
    found, notes = read(region((0, 0, 200, 300), cm))
    assert (found.spacing is not None) is counts
    assert found.area == Region(0, 0, 200, 300)
    assert [note.startswith("Lengths are unknown: by the file") for note in notes] == (
        [] if counts else [True]
    )
