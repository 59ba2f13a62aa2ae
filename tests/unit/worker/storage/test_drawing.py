"""Drawings with layers: rows keep them exactly, and a consensus is formed class by class."""

from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from app.label_sets.tables import LESION_CLASS_ID
from worker.pipeline.consensus import majority
from worker.storage.drawing import Drawing
from worker.tasks.consensus_classes import agreed

CYST, SOLID, SHADOW = (UUID(int=number) for number in (1, 2, 3))


def layer(*boxes: tuple[int, slice, slice]) -> NDArray[np.uint8]:
    found = np.zeros((20, 30), np.uint8)
    for number, rows, columns in boxes:
        found[rows, columns] = number
    return found


def drawing(shift: int = 0) -> Drawing:
    return Drawing(
        labels=layer((1, slice(2, 8), slice(2 + shift, 10)), (2, slice(2, 8), slice(10, 16))),
        overlays={SHADOW: layer((3, slice(4, 12), slice(4, 12)))},
        classes={1: CYST, 2: SOLID, 3: SHADOW},
        names={1: "left"},
        attributes={1: {"a": "sharp", "b": float(shift)}},
        image_attributes={"c": "2"},
    )


def test_a_row_gives_back_what_was_kept() -> None:
    made = drawing()
    back = Drawing.from_json(made.to_json(), 20, 30)
    assert [one.tolist() for one in back.layers] == [one.tolist() for one in made.layers]
    assert back.to_json() == made.to_json()
    assert (back.classes, back.names, back.attributes) == (
        made.classes,
        made.names,
        made.attributes,
    )
    assert made.to_json()["overlap"] is True
    assert back.numbers == [1, 2, 3]
    assert np.array_equal(back.mask, (made.labels > 0) | (made.overlays[SHADOW] > 0))


def test_a_row_of_before_there_were_classes_is_of_the_class_lesion() -> None:
    old = Drawing.from_json({"runs": [0, 10, 4, 20, 0, 570], "names": {"4": "x"}}, 20, 30)
    assert old.numbers == [4]
    assert old.class_of(4) == LESION_CLASS_ID
    assert old.to_json() == {"runs": [0, 10, 4, 20, 0, 570], "names": {"4": "x"}}


def test_a_consensus_decides_each_class_by_its_own_pixels() -> None:
    readers = [drawing(0), drawing(0), drawing(4)]
    made = agreed(readers, lambda kind, painted: majority(painted))
    by_class = made.by_class()
    assert set(by_class) == {CYST, SOLID, SHADOW}
    for kind, pixels in by_class.items():
        assert np.array_equal(pixels, readers[0].by_class()[kind])
    assert set(made.overlays) == {SHADOW}
    (cyst,) = [number for number in made.numbers if made.class_of(number) == CYST]
    assert made.attributes == {cyst: {"a": "sharp"}}, "what readers said differently is left out"
    assert made.image_attributes == {"c": "2"}


def test_where_readers_name_one_area_differently_most_of_them_decide() -> None:
    one = Drawing(layer((1, slice(2, 8), slice(2, 8))), classes={1: CYST})
    other = Drawing(layer((1, slice(2, 8), slice(2, 8))), classes={1: SOLID})
    made = agreed([one, other, other], lambda kind, painted: majority(painted))
    assert {made.class_of(number) for number in made.numbers} == {SOLID}
    assert np.array_equal(made.mask, one.mask)


def test_a_pixel_that_two_classes_claim_belongs_to_one() -> None:
    kinds = [uuid4(), uuid4()]
    readers = [Drawing(layer((1, slice(2, 8), slice(2, 8))), classes={1: kind}) for kind in kinds]
    made = agreed(readers, lambda kind, painted: painted.any(axis=0))
    assert np.array_equal(made.mask, readers[0].mask)
    assert len(made.numbers) == 1
