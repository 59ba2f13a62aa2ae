"""The simulated reader scribbles as a person would, and the figures reflect what it gained."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.data.samples import Sample, pair_by_stem
from models.evaluation.interaction import (
    BAD_DICE,
    TOOLS,
    Course,
    courses,
    drawn_box,
    summarise_courses,
)
from models.evaluation.simulated_user import HABITS, Habit, largest_error, next_scribble
from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import Network
from worker.pipeline.components import largest

Mask = NDArray[np.bool_]


def ellipse(row: int, column: int, axes: tuple[int, int]) -> Mask:
    drawn = np.zeros((200, 240), np.uint8)
    cv2.ellipse(drawn, (column, row), axes, 0, 0, 360, 1, -1)
    return drawn > 0


TRUTH = ellipse(100, 120, (60, 40))


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize(
    ("mask", "label"),
    [(ellipse(100, 90, (30, 38)), 1), (ellipse(100, 140, (95, 60)), -1), (TRUTH & False, 1)],
    ids=["too little", "too much", "nothing"],
)
def test_a_scribble_has_one_label_and_its_middle_is_right(
    mask: Mask, label: int, habit: Habit
) -> None:
    for seed in range(20):
        scribble = next_scribble(mask, TRUTH, habit, np.random.default_rng(seed))
        again = next_scribble(mask, TRUTH, habit, np.random.default_rng(seed))
        assert np.array_equal(scribble, again)
        assert set(np.unique(scribble)) == {0, label}
        rows, columns = np.nonzero(scribble)
        wrong, _ = largest_error(mask, TRUTH)
        # In a bent area, a straight stroke has its middle inside, give or take the pen's width.
        near = cv2.dilate(wrong.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert near[round(rows.mean()), round(columns.mean())]


def test_the_boundary_habit_stays_near_the_true_contour() -> None:
    outline = cv2.morphologyEx(TRUTH.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    distance = cv2.distanceTransform(1 - outline, cv2.DIST_L2, 5)
    mask = ellipse(100, 90, (30, 38))

    def furthest(habit: Habit) -> float:
        strokes = [next_scribble(mask, TRUTH, habit, np.random.default_rng(s)) for s in range(20)]
        return float(np.mean([distance[stroke != 0].mean() for stroke in strokes]))

    assert furthest("boundary") < 6 < furthest("centre")


def test_where_nothing_is_wrong_nothing_is_scribbled() -> None:
    for habit in HABITS:
        assert not next_scribble(TRUTH, TRUTH, habit, np.random.default_rng(0)).any()


def test_a_drawn_box_misses_the_lesion_by_little_and_stays_inside() -> None:
    rng = np.random.default_rng(0)
    for mask in (TRUTH, ellipse(0, 0, (30, 20)), ellipse(199, 239, (2, 2))):
        left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
        for _ in range(50):
            box = drawn_box(mask, rng)
            assert box.clipped(*mask.shape) == box
            assert abs(box.top - top) <= 0.25 * height + 2
            assert abs(box.left + box.width - left - width) <= 0.25 * width + 2


def test_the_largest_lesion_is_the_one_that_a_box_is_drawn_around() -> None:
    big = ellipse(100, 60, (30, 30))
    assert np.array_equal(largest(big | ellipse(100, 190, (20, 20))), big)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network.load(write_dark_model(tmp_path_factory.mktemp("models")), threads=1)


@pytest.fixture
def samples(dataset: Path) -> list[Sample]:
    return pair_by_stem(dataset / "images", dataset / "masks")[:4]


def test_refining_gains_more_than_painting_the_same_strokes(
    samples: list[Sample], network: Network
) -> None:
    refined = courses(samples, network, habits=["centre"], starts=["box"])
    brushed = courses(samples, network, TOOLS["brush"], habits=["centre"], starts=["box"])
    again = courses(samples, network, habits=["centre"], starts=["box"])
    assert refined == again
    assert [c.dice[0] for c in refined] == [c.dice[0] for c in brushed]
    gained = np.mean([c.dice[5] - c.dice[0] for c in refined])
    assert gained > np.mean([c.dice[5] - c.dice[0] for c in brushed])
    assert gained > 0


def test_bad_masks_are_summarised_by_themselves() -> None:
    def course(name: str, model: float, *dice: float) -> Course:
        return Course("set", name, "model", "centre", model, dice, (10.0,))

    good = course("a", 0.9, 0.9, 0.8, 0.9, 0.9, 0.9, 0.95)
    bad = course("b", BAD_DICE - 0.1, 0.7, 0.8, 0.8, 0.9, 0.9, 0.93)
    everything, worst = summarise_courses([good, bad])
    assert (everything["count"], worst["count"]) == (2, 1)
    assert everything["dice"] == pytest.approx({"0": 0.8, "1": 0.8, "3": 0.9, "5": 0.94})
    assert worst["dice"]["5"] == 0.93
    assert everything["first_made_worse_share"] == 0.5
    assert worst["first_made_worse_share"] == 0.0
