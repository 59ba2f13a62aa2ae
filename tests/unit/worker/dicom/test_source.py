"""Masks of a stored picture are put back into the rows and columns of the source."""

import numpy as np
import pytest

from tests.unit.worker.dicom.conftest import COLUMNS, ROWS, source
from worker.dicom.source import NoSourceError, Source, from_reference
from worker.pipeline import Region


def cropped(placement: Region) -> Source:
    return Source(source().dataset, placement, identified=True)


def test_a_cropped_picture_lies_where_it_was_cut_out() -> None:
    place = Region(7, 13, 50, 70)
    drawn = np.random.default_rng(1).random((50, 70)) > 0.5
    whole = cropped(place).put_back(drawn)
    assert whole.shape == (ROWS, COLUMNS)
    assert np.array_equal(whole[place.slices], drawn)
    whole[place.slices] = False
    assert not whole.any()


def test_a_smaller_picture_is_spread_over_its_pixels() -> None:
    drawn = np.random.default_rng(2).random((25, 35)) > 0.5
    whole = cropped(Region(7, 13, 50, 70)).put_back(drawn)
    assert np.array_equal(whole[7:57, 13:83], drawn.repeat(2, axis=0).repeat(2, axis=1))


def test_points_go_where_their_pixels_go() -> None:
    of = cropped(Region(7, 13, 50, 70))
    assert of.points(np.array([[0, 0], [69, 49]]), 50, 70).tolist() == [[13.5, 7.5], [82.5, 56.5]]
    assert of.points(np.array([[0, 0]]), 25, 35).tolist() == [[14.0, 8.0]]


@pytest.mark.parametrize("missing", ["0020000D", "00080018", "00080016"])
def test_a_file_that_does_not_say_which_instance_it_is_has_no_result(missing: str) -> None:
    attributes = source().dataset.to_json_dict()
    del attributes[missing]
    placement = {"top": 0, "left": 0, "height": ROWS, "width": COLUMNS}
    with pytest.raises(NoSourceError):
        from_reference({"attributes": attributes, "placement": placement})


@pytest.mark.parametrize(
    ("keyword", "tag", "value"),
    [
        (
            "PatientID",
            "00100020",
            "a number of more than sixty-four characters, as some scanners…" * 2,
        ),
        ("StudyInstanceUID", "0020000D", "1.2.03.4"),
    ],
)
def test_what_a_pacs_holds_goes_back_as_it_came(keyword: str, tag: str, value: str) -> None:
    attributes = source().dataset.to_json_dict()
    attributes[tag]["Value"] = [value]
    placement = {"top": 0, "left": 0, "height": ROWS, "width": COLUMNS}
    found = from_reference({"attributes": attributes, "placement": placement})
    assert found.dataset[keyword].value == value
