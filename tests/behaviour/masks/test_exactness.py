"""A drawing is saved bit for bit, whatever its size and content."""

from io import BytesIO
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Picture

from app.masks.runs import RUNS_LIMIT
from tests.behaviour.masks.sending import autosave, labels_of, resize, save
from tests.running_site import Site

EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def client(shared_site: Site) -> httpx.Client:
    return shared_site.browser("annotator")


@st.composite
def label_maps(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Draw label maps from 1 × 1 px: noise with few or many labels, blobs, stripes, one pixel."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = draw(st.sampled_from([1, 2, 3, 254]))
    kind = draw(st.sampled_from(["noise", "sparse", "blobs", "columns", "last pixel", "full"]))
    labels = np.zeros((height, width), np.uint8)
    if kind == "noise":
        labels = rng.integers(0, most + 1, (height, width), np.uint8)
    elif kind == "sparse":
        labels[rng.random((height, width)) < 0.02] = most
    elif kind == "blobs":
        for label in range(1, min(most, 9) + 1):
            y, x, r = rng.integers(0, height), rng.integers(0, width), rng.integers(1, 12)
            labels[max(0, y - r) : y + r, max(0, x - r) : x + r] = label
    elif kind == "columns":
        labels[:, ::2] = most
    elif kind == "last pixel":
        labels[-1, -1] = most
    else:
        labels[:] = most
    return labels


def send(site: Site, client: httpx.Client, labels: NDArray[np.uint8]) -> tuple[UUID, Any]:
    """Save labels as revision 2 of a new image of their size; return the image's id and body."""
    height, width = labels.shape
    image_id = site.add_image(site.person("annotator"))
    resize(site, image_id, width, height)
    body = labels_of(width, height, labels.ravel().tolist())
    answer = "lesions" if labels.any() else "no-lesion"
    saved = save(client, image_id, 1, body, answer=answer)
    assert saved.status_code == 201, saved.text
    return image_id, body


@EXAMPLES
@given(labels=label_maps())
@example(labels=np.ones((1, 1), np.uint8))
@example(labels=np.zeros((1, 1), np.uint8))
@example(labels=np.arange(255, dtype=np.uint8).reshape(1, 255))
@example(labels=np.arange(255, dtype=np.uint8).reshape(255, 1))
def test_labels_and_pixels_come_back_bit_for_bit(
    shared_site: Site, client: httpx.Client, labels: NDArray[np.uint8]
) -> None:
    image_id, sent = send(shared_site, client, labels)
    assert client.get(f"/images/{image_id}/masks/2/labels").json() == sent
    png = client.get(f"/images/{image_id}/mask", params={"revision": 2}).content
    with Picture.open(BytesIO(png)) as picture:
        assert picture.mode == "1"
        assert np.array_equal(np.asarray(picture), labels > 0)
    by_opencv = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(by_opencv > 0, labels > 0)
    assert set(np.unique(by_opencv)) <= {0, 255}


@EXAMPLES
@given(labels=label_maps())
def test_a_draft_comes_back_as_it_was_written(
    shared_site: Site, client: httpx.Client, labels: NDArray[np.uint8]
) -> None:
    height, width = labels.shape
    image_id = shared_site.add_image(shared_site.person("annotator"))
    resize(shared_site, image_id, width, height)
    sent = labels_of(width, height, labels.ravel().tolist())
    assert autosave(client, image_id, 0, sent).status_code == 200
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == sent


@EXAMPLES
@given(labels=label_maps())
def test_a_restored_revision_has_the_same_pixels_and_labels(
    shared_site: Site, client: httpx.Client, labels: NDArray[np.uint8]
) -> None:
    image_id, sent = send(shared_site, client, labels)
    pixels = client.get(f"/images/{image_id}/mask", params={"revision": 2}).content
    full = labels_of(labels.shape[1], labels.shape[0], [1] * labels.size)
    assert save(client, image_id, 2, full).status_code == 201
    restored = client.post(f"/images/{image_id}/masks/2/restore", json={"parent_revision": 3})
    assert restored.status_code == 201, restored.text
    assert restored.json()["revision"] == 4
    assert restored.json()["parent_revision"] == 3
    assert client.get(f"/images/{image_id}/mask", params={"revision": 4}).content == pixels
    assert client.get(f"/images/{image_id}/masks/4/labels").json() == sent


def test_the_largest_drawing_that_is_taken_comes_back(
    shared_site: Site, client: httpx.Client
) -> None:
    """The drawing has the maximum number of runs: noise that no doctor draws."""
    width, height = 1000, RUNS_LIMIT // 2 // 1000
    labels = (np.indices((height, width)).sum(axis=0) % 2).astype(np.uint8)
    labels[1::2] = 1 - labels[1::2]
    flat = labels.ravel().copy()
    flat[::2], flat[1::2] = 0, 1
    image_id, sent = send(shared_site, client, flat.reshape(height, width))
    assert client.get(f"/images/{image_id}/masks/2/labels").json() == sent


def test_names_of_lesions_come_back(shared_site: Site, client: httpx.Client) -> None:
    image_id = shared_site.add_image(shared_site.person("annotator"))
    names = {"1": "Zyste links · 3 Uhr", "254": "", "17": "囊肿 \U0001f9ea"}
    labels = labels_of(32, 24, [1] * 768, **names)
    saved = save(client, image_id, 1, labels).json()
    assert saved["names"] == names
    assert client.get(f"/images/{image_id}").json()["masks"][0]["names"] == names
    assert client.get(f"/images/{image_id}/masks/2/labels").json()["names"] == names
