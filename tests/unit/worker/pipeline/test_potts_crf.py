"""The CRF engines solve the model that they claim to solve."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.worker.pipeline.mean_field import exact, random_parameters, uncertain_answer
from worker.pipeline import PottsParameters
from worker.pipeline.crf import engine
from worker.pipeline.crf.grid import active_box
from worker.pipeline.settings import CrfSettings

NO_KERNELS = PottsParameters(appearance_weight=0, smoothness_weight=0)


def disagreement(name: str, count: int) -> tuple[int, int, float]:
    """Return the numbers of wrong labels and of pixels, and the mean of the largest errors."""
    pytest.importorskip("pydensecrf") if name == "pydensecrf" else None
    rng = np.random.default_rng(2026)
    wrong, pixels, errors = 0, 0, []
    for seed in range(count):
        height, width = (int(side) for side in rng.integers(16, 49, 2))
        probability, grey = uncertain_answer(height, width, seed)
        parameters = random_parameters(rng)
        truth = exact(probability, grey, parameters)
        found = engine(name)(probability, grey, parameters)  # type: ignore[arg-type]
        wrong += int(((found >= 0.5) != (truth >= 0.5)).sum())
        pixels += found.size
        errors.append(float(np.abs(found - truth).max()))
    return wrong, pixels, float(np.mean(errors))


def test_grid_gives_the_exact_label_at_999_of_1000_pixels_and_more_often_than_pydensecrf() -> None:
    # Every pixel counts, even if its exact probability is 0.5 up to rounding.
    wrong, pixels, error = disagreement("grid", 30)
    assert 1 - wrong / pixels >= 0.999
    assert error < 0.06
    others_wrong, others_pixels, others_error = disagreement("pydensecrf", 30)
    assert wrong / pixels <= others_wrong / others_pixels
    assert error <= others_error


def test_grid_flips_fewer_than_1_in_10000_pixels_that_the_exact_answer_is_sure_of() -> None:
    # With a strong weight, levels that hardly mix and much noise, one pixel of an image may end up
    # on the other side.
    rng = np.random.default_rng(2026)
    flipped, pixels = 0, 0
    for seed in range(300):
        height, width = (int(side) for side in rng.integers(1, 29, 2))
        probability, grey = uncertain_answer(height, width, seed, doubt=float(rng.uniform(0.1, 5)))
        parameters = random_parameters(rng)
        truth = exact(probability, grey, parameters)
        found = engine("grid")(probability, grey, parameters)
        sure = np.abs(truth - 0.5) > 0.4
        flipped += int(((found >= 0.5) != (truth >= 0.5))[sure].sum())
        pixels += int(sure.sum())
    assert pixels > 30_000
    assert flipped / pixels < 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_the_box_changes_no_label_of_the_whole_image(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    probability, grey = uncertain_answer(192, 256, seed, doubt=0.3)
    parameters = PottsParameters(5, 4.0, 18.0, 10.0, 3.0, 2.0)
    box = active_box(probability, parameters)
    assert box is not None
    assert box.height * box.width < 0.8 * probability.size, "the box must be a part to be tested"
    found = engine("grid")(probability, grey, parameters)
    monkeypatch.setattr("worker.pipeline.crf.grid.UNCERTAIN", -1.0)  # everything is uncertain
    monkeypatch.setattr("worker.pipeline.crf.grid.REACH", 20.0)  # and is influenced by everything
    whole = active_box(probability, parameters)
    assert whole is not None and whole.height * whole.width == probability.size
    everywhere = engine("grid")(probability, grey, parameters)
    assert ((found >= 0.5) == (everywhere >= 0.5)).mean() >= 0.9999


@pytest.mark.parametrize("name", ["grid", "pydensecrf"])
def test_fixed_labels_stay_and_spread(name: str) -> None:
    if name == "pydensecrf":
        pytest.importorskip("pydensecrf")
    # A dark lesion on grey: the network saw nothing; the doctor marks a few pixels of each.
    grey = np.full((40, 40), 120, np.uint8)
    grey[10:30, 10:30] = 40
    probability = np.full((40, 40), 0.48, np.float32)
    fixed = np.zeros((40, 40), np.int8)
    fixed[14:26, 19:21] = 1
    fixed[2:38:6, 3] = -1
    parameters = PottsParameters(10, 6.0, 15.0, 8.0, 1.0, 1.5)
    run = engine(name)  # type: ignore[arg-type]
    assert not (run(probability, grey, parameters) >= 0.5).any()
    found = run(probability, grey, parameters, fixed)
    assert (found[fixed == 1] == 1).all()
    assert (found[fixed == -1] == 0).all()
    truth = exact(probability, grey, parameters, fixed)
    assert ((found >= 0.5) == (truth >= 0.5)).mean() >= 0.998
    assert np.array_equal(found >= 0.5, grey == 40), "the scribble fills the lesion and no more"


def test_without_kernels_the_network_has_the_last_word() -> None:
    probability, grey = uncertain_answer(32, 32, 1)
    found = engine("grid")(probability, grey, NO_KERNELS)
    assert np.allclose(found, np.clip(probability, 1e-5, 1 - 1e-5), atol=1e-5)


def test_a_settled_answer_is_given_back() -> None:
    settled = np.zeros((50, 60), np.float32)
    grey = np.zeros((50, 60), np.uint8)
    assert np.array_equal(engine("grid")(settled, grey, PottsParameters()), settled)
    assert np.array_equal(engine("grid")(settled + 1, grey, PottsParameters()), settled + 1)


def test_grey_levels_far_apart_are_told_apart() -> None:
    grey = np.zeros((20, 24), np.uint8)
    grey[5:15, 6:18] = 255
    probability = np.where(grey > 0, np.float32(0.6), np.float32(0.4))
    parameters = PottsParameters(5, 8.0, 30.0, 3.0, 0.0, 1.0)
    found = engine("grid")(probability, grey, parameters)
    assert np.array_equal(found >= 0.5, grey > 0)
    assert found == pytest.approx(exact(probability, grey, parameters), abs=0.01)


def test_a_grid_with_too_many_rows_for_opencv_is_made_coarser_and_errs_little_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probability, grey = uncertain_answer(40, 52, 2)
    parameters = PottsParameters(5, 4.0, 8.0, 6.0, 1.0, 2.0)
    truth = exact(probability, grey, parameters)
    monkeypatch.setattr("worker.pipeline.crf.filters.MAX_ROWS", 300)
    found = engine("grid")(probability, grey, parameters)
    assert ((found >= 0.5) == (truth >= 0.5)).mean() >= 0.998


def test_the_input_is_not_changed_and_the_answer_is_the_same_twice() -> None:
    probability, grey = uncertain_answer(64, 80, 3)
    before = probability.copy()
    first = engine("grid")(probability, grey, PottsParameters())
    assert np.array_equal(probability, before)
    assert first.dtype == np.float32
    assert first.tobytes() == engine("grid")(probability, grey, PottsParameters()).tobytes()


def test_widths_follow_the_image() -> None:
    settings = CrfSettings(appearance_sigma_xy=30, smoothness_sigma_xy=2)
    parameters = PottsParameters.from_settings(settings, scale=2)
    assert parameters.appearance_sigma_xy == pytest.approx(60)
    assert parameters.smoothness_sigma_xy == pytest.approx(4)


def test_no_engine_is_no_engine() -> None:
    with pytest.raises(ValueError, match="none"):
        engine("none")
