"""Cines of one scene: lesions move as specified, and speckle decorrelates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.synthetic.cine import Motion, random_cine


def test_a_lesion_moves_and_swells_as_its_motion_says() -> None:
    still = random_cine("breast", 1, 2, Motion(breath=0, hand=0, own=0, swelling=0, kept=1.0))
    assert np.array_equal(still.masks[0], still.masks[1])
    motion = Motion(period=8, breath=3, hand=0, own=0, swelling=0.2)
    moved = random_cine("breast", 1, 3, motion)
    rows = [float(np.nonzero(mask)[0].mean()) for mask in moved.masks]
    assert np.isclose((rows[2] - rows[0]) * moved.placement.spacing, 3, atol=0.2)
    grown = np.count_nonzero(moved.masks[1]) / np.count_nonzero(moved.masks[0])
    assert np.isclose(grown, (1 + 0.2 * np.sin(1.3 * np.pi / 4)) ** 2, atol=0.03)


def test_speckle_stays_or_forgets_by_the_share_that_is_kept() -> None:
    still = Motion(breath=0, hand=0, own=0, swelling=0)

    def likeness(kept: float) -> float:
        cine = random_cine("liver", 2, 2, replace(still, kept=kept))
        inside = cine.frames[0] > 0
        return float(np.corrcoef(*(one[inside] for one in cine.frames))[0, 1])

    assert likeness(1.0) > likeness(0.9) + 0.02 > likeness(0.0) + 0.1
