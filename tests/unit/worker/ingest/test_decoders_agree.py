"""The matrix of `python -m bench.decoders`: every way of writing a picture shows that picture.

Files that can be written without external programs are decoded in every run. Those of DCMTK, GDCM
and libtiff, and what these programs show, need the programs to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.decoders import dicom_files, raster_files
from bench.decoders.cases import Case
from bench.decoders.comparison import NEAR_IN_THE_MEAN, average, compare, largest
from worker.ingest import DecodeError, DecodeLimits, decode

FAMILIES: dict[str, Callable[[], Iterator[Case]]] = {
    "native": dicom_files.native,
    "tables": dicom_files.shown_by_tables,
    "jpeg-in-dicom": dicom_files.colours_of_jpeg,
    "compressed": dicom_files.by_our_tools,
    "tiff": raster_files.tiffs,
    "bmp": raster_files.bmps,
    "png": raster_files.pngs,
    "jpeg-and-webp": raster_files.jpegs,
}


def fault(case: Case) -> str | None:
    """Return what is wrong when this case is decoded here, or None."""
    try:
        found = decode(case.data, DecodeLimits()).frame.pixels
    except DecodeError as error:
        return None if error.code == case.code else f"{case.name}: refused, {error.code}"
    if case.picture is None:
        return f"{case.name}: decoded"
    if case.lossy:
        far = average(found, case.picture)
        return None if far <= NEAR_IN_THE_MEAN else f"{case.name}: {far:.1f} levels in the mean"
    far = largest(found, case.picture)
    return None if far <= 2 else f"{case.name}: {far} levels"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_way_of_writing_a_picture_shows_that_picture(family: str) -> None:
    cases = list(FAMILIES[family]())
    assert len(cases) >= 10
    assert [wrong for case in cases if (wrong := fault(case))] == []


def test_the_matrix_tells_a_wrong_picture_from_a_right_one() -> None:
    case = next(raster_files.pngs())
    assert case.picture is not None
    assert fault(case) is None
    inverted = Case(case.name, case.data, 255 - case.picture)
    assert fault(inverted) is not None
    assert fault(Case(case.name, case.data, code="damaged-file")) is not None


def test_files_of_other_encoders_are_shown_as_other_decoders_show_them(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    cases = [
        case
        for case in dicom_files.by_programs(folder)
        if case.name.split(",")[0] in ("dicom grey 12", "dicom RGB")
    ]
    assert len(cases) >= 20
    outcomes = [compare(case, tmp_path) for case in cases]
    assert [(o.case.name, o.detail) for o in outcomes if o.verdict == "wrong"] == []
