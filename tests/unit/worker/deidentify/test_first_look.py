"""The small network passes on the places of letters, and little else."""

import numpy as np
import pytest

from models.synthetic import random_scan
from models.synthetic.screens import DEVELOPMENT
from models.synthetic.unseen_screens import scanner_screen
from worker.deidentify.first_look import CELL, GRAPH, may_be_text


@pytest.mark.parametrize("layout", DEVELOPMENT)
def test_letters_over_echoes_are_looked_at(layout: str) -> None:
    letters = passed = 0
    for seed in range(60, 63):
        screen = scanner_screen(layout, seed)
        found = may_be_text(screen.pixels).places
        for word in screen.words:
            for letter in word.letters:
                if letter.over_echo and len(word.text) > 1:
                    letters += 1
                    passed += bool(found[letter.region.slices].any())
    assert passed >= 0.95 * letters


@pytest.mark.parametrize("organ", ["breast", "ovary", "thyroid"])
def test_echoes_alone_are_passed_over(organ: str) -> None:
    shares = [may_be_text(random_scan(organ, seed).pixels).places.mean() for seed in range(4)]
    assert float(np.mean(shares)) < 0.02


@pytest.mark.parametrize("shape", [(1, 1), (7, 40), (64, 65), (33, 31, 3)])
def test_any_size_is_answered_pixel_by_pixel(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    found = may_be_text(rng.integers(0, 256, shape, np.uint8)).places
    assert found.shape == shape[:2]
    assert set(np.unique(found)) <= {0, 1}


def test_the_network_is_small() -> None:
    assert GRAPH.stat().st_size < 150_000
    assert CELL == 8
