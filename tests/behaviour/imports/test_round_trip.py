"""An empty site imports another site's export: the same masks, bit for bit."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr
from sqlalchemy import select

from app.images.tables import Image, ImageState, frame_key, mask_key
from app.masks.tables import Mask
from tests.behaviour.exports.archives import exported
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.exports.test_formats import shapes
from tests.behaviour.imports.sending import applied
from tests.conftest import fresh_settings
from tests.running_site import Site, frame_of, running_site
from worker.interactive.runs import decode_runs
from worker.pipeline import decode_mask_png, decode_png
from worker.pipeline.components import numbered


@pytest.fixture
def empty_site(tmp_path: Path, valkey: str) -> Iterator[Site]:
    """Another installation, with another key."""
    key = SecretStr("the other site's key, just as long as it should be")
    settings = fresh_settings(tmp_path / "other", valkey).model_copy(update={"site_key": key})
    with running_site(settings) as site:
        yield site


def stored(site: Site) -> dict[bytes, tuple[NDArray[np.bool_], NDArray[np.uint8], dict, str]]:
    """Return mask, lesion numbers, names and subject id of every approved image, by its pixels."""
    found = {}
    with site.database.read() as session:
        for image in session.scalars(select(Image).where(Image.state == ImageState.APPROVED)):
            mask = session.get_one(Mask, frame_of(session, image.id).approved_mask_id)
            pixels = decode_png(site.blobs.get(frame_key(image.id, None)))
            drawn = decode_mask_png(site.blobs.get(mask_key(image.id, mask.id)))
            assert mask.labels is not None
            labels = decode_runs(mask.labels["runs"], *drawn.shape)
            grey = pixels if pixels.ndim == 2 else pixels[..., 0]
            found[grey.tobytes()] = (drawn, labels, mask.labels["names"], image.subject_id)
    return found


@pytest.mark.parametrize(
    "format", ["png", "coco", "labelme", "yolo-seg", "voc", "tfrecord", "nnunet"]
)
def test_an_empty_installation_gets_the_same_masks(
    site: Site, empty_site: Site, format: str
) -> None:
    owner = site.person("annotator")
    for seed, labels in enumerate(shapes()):
        names = {1: "left ovary"} if seed % 2 else {}
        subject = f"subject {seed // 2}"
        add_pooled(
            site, owner, speckle(seed), labels, names=names, subject=subject, spacing=(0.2, 0.3)
        )
    archive = exported(site, site.browser("admin"), format)
    done = applied(empty_site, empty_site.browser("admin"), archive, "approved")
    report = done["applied"]
    assert (report["layout"], report["new_images"], report["bad"]) == (format, len(shapes()), 0)
    before, after = stored(site), stored(empty_site)
    assert before.keys() == after.keys()
    semantic = format in ("nnunet", "yolo-seg")  # formats without lesion numbers
    for pixels, (mask, labels, names, _) in before.items():
        found_mask, found_labels, found_names, _ = after[pixels]
        assert np.array_equal(found_mask, mask)
        if format == "nnunet":
            assert np.array_equal(found_labels, numbered(mask))
        elif not semantic:
            assert np.array_equal(found_labels, labels)
            assert found_names == {n: text for n, text in names.items() if (labels == int(n)).any()}
    assert len({entry[3] for entry in after.values()}) == len({e[3] for e in before.values()})


def test_importing_again_changes_nothing(site: Site, empty_site: Site) -> None:
    add_pooled(site, site.person("annotator"), speckle(1), ellipses((20, 20), (20, 50)))
    archive = exported(site, site.browser("admin"))
    admin = empty_site.browser("admin")
    assert applied(empty_site, admin, archive)["applied"]["new_images"] == 1
    again = applied(empty_site, admin, archive)["applied"]
    assert (again["new_images"], again["new_revisions"], again["unchanged"]) == (0, 0, 1)
    own = applied(site, site.browser("admin"), archive)["applied"]
    assert (own["new_images"], own["unchanged"]) == (0, 1), "also where it came from"


def test_spacing_and_measurements_come_along(site: Site, empty_site: Site) -> None:
    owner = site.person("annotator")
    add_pooled(site, owner, speckle(1), ellipses((20, 20)), spacing=(0.25, 0.5))
    applied(empty_site, empty_site.browser("admin"), exported(site, site.browser("admin"), "coco"))
    admin = empty_site.browser("admin")
    (image,) = admin.get("/images").json()["items"]
    details = admin.get(f"/images/{image['id']}").json()
    assert details["frame"]["spacing_mm"] == {"row": 0.25, "column": 0.5}
    assert image["long_axis_mm"] == pytest.approx(10.5, abs=0.6)
    assert details["state"] == "submitted"
    assert details["masks"][0]["source"] == "human"
