"""Written objects are accepted by dciodvfy, dcmdump and highdicom, and keep their meaning."""

import io
import math
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.unit.worker.dicom.conftest import (
    COLUMNS,
    CYST,
    MASS,
    ROWS,
    complaints,
    frame,
    mask,
    result,
    source,
)
from worker.dicom.capture import capture
from worker.dicom.presentation import presentation
from worker.dicom.result import MaskOrigin, Result
from worker.dicom.seg import probabilities, segmentation
from worker.dicom.sr import report
from worker.pipeline import Frame
from worker.storage.results import by_hand

ONE, TWO, THREE = mask((40, 50)), mask((60, 80)), mask((45, 60), (14.7, 5.2))


def still(colour: bool = False) -> Result:
    of = source(colour=colour)
    return result(of, [frame(of, [(MASS, ONE), (MASS, TWO), (CYST, THREE)], spacing=(0.2, 0.25))])


def cine() -> Result:
    of = source(frames=7)
    return result(
        of,
        [
            frame(of, [(MASS, ONE)], index=2),
            frame(of, [], index=4),
            frame(of, [(CYST, TWO), (CYST, THREE)], index=6),
        ],
    )


def read(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data))


WRITERS = {
    "seg": segmentation,
    "sr": report,
    "sc": capture,
    "pr": presentation,
}


TIMES = (
    *(("InstanceCreationDate", "InstanceCreationTime"), ("SeriesDate", "SeriesTime")),
    *(("ContentDate", "ContentTime"), ("PresentationCreationDate", "PresentationCreationTime")),
    ("DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("offset", ["+0800", "-0330", "", "+8", "+9900", "Asia/Shanghai"])
def test_times_are_in_the_zone_that_the_object_states(
    writer: str, offset: str, tmp_path: Path
) -> None:
    late = datetime(2024, 2, 29, 22, 30, tzinfo=UTC)
    of = source(**({"TimezoneOffsetFromUTC": offset} if offset else {}))
    made = result(of, [frame(of, [(MASS, ONE)], spacing=(0.2, 0.25))], made_at=late)
    data = WRITERS[writer](made)
    assert data is not None
    assert complaints(data, tmp_path) == []
    written = read(data)
    stated = written.get("TimezoneOffsetFromUTC")
    assert stated == (offset if offset in ("+0800", "-0330") else None)
    found = [f"{written[day].value}{written[time].value}" for day, time in TIMES if day in written]
    assert len(found) > 2
    for one in found:
        assert datetime.strptime(one + (stated or "+0000"), "%Y%m%d%H%M%S%z") == late
    for device in written.get("ContributingEquipmentSequence", ()):
        said = str(device.ContributionDateTime)
        assert datetime.strptime(said, "%Y%m%d%H%M%S%z") == late, "with its own zone"
    assert (written.StudyDate, written.StudyTime) == ("20240229", "1015"), "as the scanner wrote"


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("made", ["grey", "colour", "cine"])
def test_every_object_is_accepted_and_goes_with_its_study(
    writer: str, made: str, tmp_path: Path
) -> None:
    of = {"grey": still, "colour": lambda: still(colour=True), "cine": cine}[made]()
    data = WRITERS[writer](of)
    assert data is not None
    assert complaints(data, tmp_path) == []
    written, origin = read(data), of.source.dataset
    for keyword in ("PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber", "StudyID"):
        assert written[keyword].value == origin[keyword].value
    assert WRITERS[writer](of) == data, "the same masks are the same object, byte for byte"


def test_a_pacs_of_dcmtk_files_every_object_under_its_patient(tmp_path: Path) -> None:
    """`dcmqridx` builds the index that queries search."""
    of, uids, paths = still(), [], []
    for name, writer in WRITERS.items():
        data = writer(of)
        assert data is not None
        uids.append(read(data).SOPInstanceUID)
        paths.append(tmp_path / f"{name}.dcm")
        paths[-1].write_bytes(data)
    index = tmp_path / "index"
    index.mkdir()
    subprocess.run(["dcmqridx", index, *paths], check=True, capture_output=True, timeout=60)
    asked = ["dcmqridx", "--print", index]
    listed = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    assert [uid for uid in uids if listed.count(f'"{uid}"') != 1] == []
    assert listed.count(f'PatientID: "{of.source.dataset.PatientID}"') == len(uids)


def test_masks_come_back_to_the_pixel_with_their_classes() -> None:
    seg = hd.seg.segread(io.BytesIO(segmentation(still())))
    assert (seg.Rows, seg.Columns) == (ROWS, COLUMNS)
    assert [one.SegmentLabel for one in seg.SegmentSequence] == ["Mass", "Chocolate cyst"]
    assert seg.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue == "4147007"
    assert seg.SegmentSequence[0].AnatomicRegionSequence[0].CodeValue == "15497006"
    pixels = seg.get_pixels_by_source_instance([seg_source(seg)])
    assert np.array_equal(pixels[0, :, :, 0], ONE | TWO)
    assert np.array_equal(pixels[0, :, :, 1], THREE)
    assert seg.SegmentsOverlap == "YES"


def seg_source(seg: Dataset) -> str:
    return str(
        seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID
    )


def test_each_frame_of_a_cine_refers_to_its_own() -> None:
    seg = hd.seg.segread(io.BytesIO(segmentation(cine())))
    empty = np.zeros((ROWS, COLUMNS), bool)
    right = {3: (ONE, empty), 5: (empty, empty), 7: (empty, TWO | THREE)}
    pixels = seg.get_pixels_by_source_frame(seg_source(seg), list(right))
    for got, (mass, cyst) in zip(pixels, right.values(), strict=True):
        assert np.array_equal(got[..., 0], mass)
        assert np.array_equal(got[..., 1], cyst)


@pytest.mark.parametrize(
    ("made", "algorithm"), [("AUTOMATIC", True), ("SEMIAUTOMATIC", True), ("MANUAL", False)]
)
def test_a_segment_says_how_it_was_made(made: str, algorithm: bool) -> None:
    of = source()
    written = read(segmentation(result(of, [frame(of, [(MASS, ONE)])], made=MaskOrigin(made))))
    segment = written.SegmentSequence[0]
    assert segment.SegmentAlgorithmType == made
    assert ("SegmentationAlgorithmIdentificationSequence" in segment) is algorithm
    if algorithm:
        named = segment.SegmentationAlgorithmIdentificationSequence[0]
        assert (named.AlgorithmName, named.AlgorithmVersion) == ("sonoloop-lite2", "2.0.0")
    assert str(written.ContentCreatorName) == "R-7F3K2QXA^"


def test_no_lesion_is_an_object_too(tmp_path: Path) -> None:
    of = source()
    nothing = result(of, [frame(of, [])])
    data = segmentation(nothing)
    assert complaints(data, tmp_path) == []
    assert not hd.seg.segread(io.BytesIO(data)).pixel_array.any()
    assert complaints(report(nothing), tmp_path) == []
    assert presentation(nothing) is None


def test_probabilities_are_fractional(tmp_path: Path) -> None:
    of = source()
    thought = np.linspace(0, 1, ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    drawn = frame(of, [(MASS, ONE)])
    object.__setattr__(drawn, "probability", thought)
    data = probabilities(result(of, [drawn]))
    assert complaints(data, tmp_path) == []
    seg = hd.seg.segread(io.BytesIO(data))
    assert (seg.SegmentationType, seg.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    back = seg.get_pixels_by_source_instance([seg_source(seg)])[0, :, :, 0]
    assert np.abs(back - thought).max() <= 0.5 / 255 + 1e-6


def measured(data: bytes) -> list[dict[str, tuple[float, str]]]:
    groups = hd.sr.srread(io.BytesIO(data)).content.get_planar_roi_measurement_groups()
    return [
        {one.name.meaning: (one.value, one.unit.value) for one in group.get_measurements()}
        for group in groups
    ]


def test_lesions_are_measured_in_millimetres_where_there_is_a_scale() -> None:
    of = still()
    for got, right in zip(measured(report(of)), of.frames[0].lesions, strict=True):
        assert right.area_mm2 and right.long_mm and right.short_mm
        assert got["Area"] == (pytest.approx(right.area_mm2, abs=0.01), "mm2")
        assert got["Long axis"] == (pytest.approx(right.long_mm, abs=0.01), "mm")
        assert got["Short axis"] == (pytest.approx(right.short_mm, abs=0.01), "mm")


def test_lesions_are_measured_in_pixels_where_there_is_none() -> None:
    of = cine()
    got = measured(report(of))
    assert len(got) == 3
    for one, (_, right) in zip(got, of.lesions(), strict=True):
        assert one["Area"] == (right.area_px, "{pixels}")
        assert one["Long axis"] == (pytest.approx(right.long_px, abs=0.01), "{pixels}")


KINDS = {
    "ruler": [[[10, 20], [40, 60]]],
    "calipers": [[[10, 20], [40, 60]], [[20, 50], [32, 41]]],
    "ellipse": [[[10, 20], [40, 60]], [[20, 50], [32, 41]]],
    "angle": [[[10, 20], [40, 20]], [[10, 20], [10, 60]]],
    "depth": [[[10, 2], [10, 60]]],
    "volume": [[[10, 20], [40, 60]], [[20, 50], [32, 41]], [[1, 1], [1, 5]]],
}


def by_hand_of(spacing: tuple[float, float] | None, frames: int = 1) -> Result:
    of = source(frames=frames)
    kept = [{"kind": kind, "lines": lines} for kind, lines in KINDS.items()]
    picture = Frame(np.zeros((ROWS, COLUMNS), np.uint8), spacing)
    made = tuple(by_hand(kept, picture, of))
    return result(of, [replace(frame(of, [], index=frames - 1), by_hand=made)])


def written_by_hand(data: bytes) -> dict[str, dict[str, tuple[float, str]]]:
    groups = hd.sr.srread(io.BytesIO(data)).content.get_image_measurement_groups()
    return {
        (group.tracking_identifier or "").split(", ")[-1].split()[0]: {
            one.name.meaning: (one.value, one.unit.value) for one in group.get_measurements()
        }
        for group in groups[1:]
    }


def test_what_a_person_measured_is_written_with_its_lines(tmp_path: Path) -> None:
    data = report(by_hand_of((0.2, 0.1)))
    assert complaints(data, tmp_path) == []
    found = written_by_hand(data)
    long, short = math.hypot(30 * 0.1, 40 * 0.2), math.hypot(12 * 0.1, 9 * 0.2)
    assert found["ruler"] == {"Length": (pytest.approx(long, abs=1e-3), "mm")}
    axes = {"Long axis": (pytest.approx(long, abs=1e-3), "mm")}
    axes["Short axis"] = (pytest.approx(short, abs=1e-3), "mm")
    assert found["calipers"] == axes
    area = (pytest.approx(math.pi / 4 * long * short, abs=0.02), "mm2")
    assert found["ellipse"] == {**axes, "Area": area}
    assert found["angle"] == {"Angle": (90, "deg")}
    assert found["depth"] == {"Depth": (pytest.approx(58 * 0.2), "mm")}
    volume = math.pi / 6 * long * short * 4 * 0.2
    assert found["volume"]["Volume"] == (pytest.approx(volume, abs=0.02), "mm3")

    places = [
        list(one.GraphicData)
        for group in read(data).ContentSequence[-1].ContentSequence[1:]
        for measured in group.ContentSequence
        if measured.ValueType == "NUM"
        for one in measured.ContentSequence
        if one.ValueType == "SCOORD"
    ]
    assert places[0] == [10, 20, 40, 60]


@pytest.mark.parametrize("kind", ["calipers", "ellipse"])
@pytest.mark.parametrize("spacing", [None, (0.2, 0.1)])
def test_the_longer_line_is_the_long_axis_in_whatever_order_they_were_drawn(
    kind: str, spacing: tuple[float, float] | None, tmp_path: Path
) -> None:
    of = source()
    lines = [[[30, 40], [50, 40]], [[40, 10], [40, 70]]]  # 20 px across, then 60 px down
    picture = Frame(np.zeros((ROWS, COLUMNS), np.uint8), spacing)
    made = tuple(by_hand([{"kind": kind, "lines": lines}], picture, of))
    data = report(result(of, [replace(frame(of, []), by_hand=made)]))
    assert complaints(data, tmp_path) == []
    row, column = spacing or (1, 1)
    found = written_by_hand(data)[kind]
    assert found["Long axis"][0] == pytest.approx(60 * row)
    assert found["Short axis"][0] == pytest.approx(20 * column)
    ellipses = [
        list(one.value)
        for one in read(data).iterall()
        if one.keyword == "GraphicData" and len(one.value) == 8
    ]
    # Major axis first (PS3.3 C.18.6.1.2).
    assert ellipses == [[40, 10, 40, 70, 30, 40, 50, 40]] * (kind == "ellipse" and bool(spacing))


def test_nothing_measured_by_hand_has_millimetres_without_a_scale(tmp_path: Path) -> None:
    data = report(by_hand_of(None, frames=3))
    assert complaints(data, tmp_path) == []
    found = written_by_hand(data)
    assert found["ruler"] == {"Length": (50, "{pixels}")}
    assert set(found["ellipse"]) == {"Long axis", "Short axis"}
    assert found["angle"] == {"Angle": (90, "deg")}
    assert set(found["volume"]) == {"Length"}


def test_a_report_tells_lesions_apart_and_says_what_they_are() -> None:
    of = still()
    groups = hd.sr.srread(io.BytesIO(report(of))).content.get_planar_roi_measurement_groups()
    assert len({group.tracking_uid for group in groups}) == 3
    assert [group.finding_type.meaning for group in groups] == ["Mass", "Mass", "Chocolate cyst"]
    said = groups[0].get_qualitative_evaluations()[-1]
    assert (said.name.value, said.value.value) == ("111037", "129742005")
    outline = np.asarray(groups[0].roi.value)
    x, y = outline[:, 0], outline[:, 1]
    area = abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2
    assert area == pytest.approx(ONE.sum(), rel=0.2), "the outline runs through pixel centres"
    assert x.mean() == pytest.approx(50.5, abs=1.5)
    assert y.mean() == pytest.approx(40.5, abs=1.5)
    whole = hd.sr.srread(io.BytesIO(report(of))).content.get_image_measurement_groups()
    values = {one.name.value: one.value.value for one in whole[0].get_qualitative_evaluations()}
    assert values == {"52988006": "52101004", "111005": "MA.II.A.5.4A"}


def test_another_mask_or_another_source_is_another_object_in_the_same_series() -> None:
    of, other = still(), source(SOPInstanceUID="1.2.3.4.5")
    first = read(segmentation(of))
    second = read(segmentation(result(of.source, of.frames, key="mask 2")))
    third = read(segmentation(result(other, of.frames)))
    assert len({one.SOPInstanceUID for one in (first, second, third)}) == 3
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
