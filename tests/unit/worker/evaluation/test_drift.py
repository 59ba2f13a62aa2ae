"""Many looks at weeks that do not differ hardly ever raise an alarm."""

import numpy as np
import pytest

from worker.evaluation.drift import LEVEL, MEASURES, Seen, alarm, figure, limit_of


def seen(values: np.ndarray) -> list[Seen]:
    return [Seen(number, f"image {number}", float(value)) for number, value in enumerate(values)]


def test_all_looks_together_have_the_level() -> None:
    looks = sum(limit_of(look) for look in range(1, 100_000))
    assert looks * len(MEASURES) == pytest.approx(LEVEL, rel=1e-3)


def test_a_year_of_equal_weeks_raises_fewer_alarms_than_the_level() -> None:
    """Simulate a hundred sites, 52 weeks each."""
    random, sites = np.random.default_rng(0), 0
    for _ in range(100):
        before = seen(random.random(40))
        sites += any(
            alarm(figure("distance", before, after, look, (20, 10)), after) is not None
            for look in range(1, 53)
            if (after := seen(random.random(15)))
        )
    assert sites <= 100 * LEVEL


@pytest.mark.parametrize("measure", MEASURES)
def test_a_change_for_the_worse_is_found_and_one_for_the_better_is_not(measure: str) -> None:
    random = np.random.default_rng(1)
    low, high = seen(random.random(40) * 0.2), seen(0.5 + random.random(40) * 0.2)
    before, after = (high, low) if MEASURES[measure] == "less" else (low, high)
    found = alarm(figure(measure, before, after, 3, (20, 10)), after)
    assert found is not None
    assert len(found["images"]) == 12
    back = alarm(figure(measure, after, before, 3, (20, 10)), before)
    assert (back is not None) == (MEASURES[measure] == "two-sided")
    few = figure(measure, before, after[:9], 3, (20, 10))
    assert few["p"] is None
