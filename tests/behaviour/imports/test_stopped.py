"""An imported mask keeps its pixels if the worker is stopped just after its row was committed."""

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select

from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession, after_commit
from app.images.tables import frame_key, mask_key
from app.imports.tables import ImportAs
from app.masks.tables import Mask
from app.projects.tables import DEFAULT_PROJECT
from tests.running_site import Site
from tests.synthetic import png_bytes, ultrasound
from worker.formats.source import Labelled
from worker.labels_import.labels import Decided, Owner, decide
from worker.labels_import.store import store
from worker.pipeline import decode_mask_png
from worker.runtime import Runtime


@pytest.fixture(scope="module")
def runtime(shared_site: Site) -> Iterator[Runtime]:
    opened = Runtime.open(shared_site.settings)
    yield opened
    opened.close()


def imported(site: Site, runtime: Runtime, seed: int) -> tuple[Owner, Decided]:
    image = ultrasound(192, 256, seed)
    labelled = Labelled(
        name="a.png",
        key="a",
        image=lambda: png_bytes(image.pixels),
        labels=lambda _height, _width: image.mask.astype(np.uint8),
    )
    owner = Owner(DEFAULT_PROJECT, site.add_person().id, ImportAs.SUBMITTED)
    decided = decide(runtime, owner, labelled, None)
    assert isinstance(decided, Decided)
    return owner, decided


def stop() -> None:
    raise SystemExit


def test_what_is_committed_keeps_its_files(shared_site: Site, runtime: Runtime) -> None:
    owner, decided = imported(shared_site, runtime, 21)
    stored: list[Mask] = []

    def then(session: WriteSession) -> None:
        stored.extend(session.scalars(select(Mask).where(Mask.author_id == owner.user_id)))
        after_commit(session, stop)

    with pytest.raises(SystemExit):
        store(runtime, owner, decided, then)
    mask = stored[0]
    with shared_site.database.read() as session:
        assert session.get(Mask, mask.id) is not None
    pixels = decode_mask_png(shared_site.blobs.get(mask_key(mask.image_id, mask.id)))
    assert np.array_equal(pixels, decided.drawing.mask)
    assert shared_site.blobs.get(frame_key(mask.image_id, None))


def test_what_is_not_committed_leaves_no_files(shared_site: Site, runtime: Runtime) -> None:
    owner, decided = imported(shared_site, runtime, 22)
    stored: list[Mask] = []

    def then(session: WriteSession) -> None:
        stored.extend(session.scalars(select(Mask).where(Mask.author_id == owner.user_id)))
        stop()

    with pytest.raises(SystemExit):
        store(runtime, owner, decided, then)
    mask = stored[0]
    for key in (mask_key(mask.image_id, mask.id), frame_key(mask.image_id, None)):
        with pytest.raises(BlobNotFoundError):
            shared_site.blobs.get(key)
