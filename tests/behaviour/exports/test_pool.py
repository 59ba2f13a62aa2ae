"""The pool page's figures match the approved masks."""

import httpx
import numpy as np
import pytest

from app.images.tables import ImageState
from app.masks.tables import Assessment
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.running_site import Site


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.browser("admin")


def test_an_empty_pool_has_figures_too(admin: httpx.Client) -> None:
    pool = admin.get("/pool").json()
    assert (pool["images"], pool["lesions"], pool["balance"]["lesion_share"]) == (0, 0, None)
    assert pool["by_split"] == {"train": 0, "validation": 0, "test": 0}


def test_counts_sizes_and_balance(site: Site, admin: httpx.Client) -> None:
    owner = site.person("annotator")
    one, two = ellipses((20, 20)), ellipses((20, 20), (30, 45))
    add_pooled(site, owner, speckle(1), one, subject="a")
    add_pooled(site, owner, speckle(2), two, subject="a")
    add_pooled(site, owner, speckle(3), ellipses(), subject="b")
    add_pooled(site, owner, speckle(4), ellipses(), answer=Assessment.CANNOT_JUDGE)
    add_pooled(site, owner, speckle(5), one, state=ImageState.SUBMITTED)
    pool = admin.get("/pool").json()
    assert (pool["images"], pool["subjects"], pool["lesions"]) == (3, 2, 3)
    assert pool["by_state"]["approved"] == 4
    assert pool["by_state"]["submitted"] == 1
    assert sum(pool["by_split"].values()) == 3
    assert sum(pool["subjects_by_split"].values()) == 2
    assert pool["by_answer"] == [
        {"name": "lesions", "count": 2},
        {"name": "no-lesion", "count": 1},
    ]
    assert pool["by_source"] == [{"name": "human", "count": 3}]
    assert [month["count"] for month in pool["by_month"]] == [3]
    marked = int(np.count_nonzero(one) + np.count_nonzero(two))
    assert pool["balance"]["lesion_px"] == marked
    assert pool["balance"]["background_px"] == 3 * 48 * 64 - marked
    assert pool["sizes"]["without_spacing"] == 3
    assert sum(bar["count"] for bar in pool["sizes"]["area_share"]) == 3
    assert pool["unmeasured"] == 0


def test_reviewers_see_it_and_annotators_do_not(site: Site) -> None:
    assert site.browser("reviewer").get("/pool").status_code == 200
    assert site.browser("annotator").get("/pool").status_code == 403
