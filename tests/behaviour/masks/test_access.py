"""Permission to see an image, to draw on it, and to delete one that others drew on."""

from uuid import UUID

import pytest

from app.core.blobs import FolderBlobs
from tests.behaviour.masks.sending import assign, revisions, save, square
from tests.running_site import Site


@pytest.fixture
def image_id(shared_site: Site) -> UUID:
    return shared_site.add_image(shared_site.person("annotator"))


def test_an_annotator_sees_what_they_own_or_read(shared_site: Site, image_id: UUID) -> None:
    reader = shared_site.add_person("annotator")
    client = shared_site.browser(reader)
    addresses = ("", "/frame", "/mask", "/overlay", "/thumbnail", "/masks/1", "/draft")
    for address in addresses:
        assert client.get(f"/images/{image_id}{address}").status_code == 404
    assert save(client, image_id, 1).status_code == 404
    assign(shared_site, image_id, reader)
    for address in addresses:
        assert client.get(f"/images/{image_id}{address}").status_code == 200
    assert save(client, image_id, 1).status_code == 201


def test_the_history_leaves_the_outlines_to_the_single_revision(
    shared_site: Site, image_id: UUID
) -> None:
    client = shared_site.browser("annotator")
    (listed,) = client.get(f"/images/{image_id}").json()["masks"]
    revision = client.get(f"/images/{image_id}/masks/1").json()
    (figures,), (lesion,) = listed["result"]["lesions"], revision["result"]["lesions"]
    assert lesion["contour"] == [[4, 4], [12, 4], [12, 12], [4, 12]]
    assert figures == {
        key: value
        for key, value in lesion.items()
        if key not in ("contour", "other_contours", "long_axis", "short_axis")
    }
    outlines = revision["result"].pop("lesions"), listed["result"].pop("lesions")
    assert all(outlines)
    assert listed == revision
    assert client.get(f"/images/{image_id}/masks/2").status_code == 404


def test_the_outline_of_a_thumbnail_is_that_of_the_newest_mask_one_may_see(
    shared_site: Site, image_id: UUID
) -> None:
    client = shared_site.browser("annotator")
    address = next(
        one["outline_url"]
        for one in client.get("/images").json()["items"]
        if one["id"] == str(image_id)
    )
    drawn = client.get(address)
    assert drawn.headers["Content-Type"] == "image/svg+xml"
    assert 'viewBox="0 0 32 24"' in drawn.text
    assert "M4 4L12 4L12 12L4 12Z" in drawn.text
    save(client, image_id, 1)  # not measured yet
    assert "<path" not in client.get(f"/images/{image_id}/outline").text


def test_the_owner_deletes_what_nobody_else_has_drawn_on(shared_site: Site, image_id: UUID) -> None:
    client = shared_site.browser("annotator")
    save(client, image_id, 1)
    assert client.get(f"/images/{image_id}").json()["may"]["delete"] is True
    assert client.delete(f"/images/{image_id}").status_code == 204
    assert isinstance(shared_site.blobs, FolderBlobs)
    assert not list(shared_site.blobs.list(f"images/{image_id}"))


def test_what_somebody_else_drew_on_only_an_admin_deletes(
    shared_site: Site, image_id: UUID
) -> None:
    owner = shared_site.browser("annotator")
    save(shared_site.browser("reviewer"), image_id, 1, square(9))
    assert owner.get(f"/images/{image_id}").json()["may"]["delete"] is False
    refused = owner.delete(f"/images/{image_id}")
    assert (refused.status_code, refused.json()["code"]) == (403, "others-work")
    assert shared_site.browser("reviewer").delete(f"/images/{image_id}").status_code == 403
    assert revisions(owner, image_id) == [2, 1]
    assert shared_site.browser("admin").delete(f"/images/{image_id}").status_code == 204
    assert owner.get(f"/images/{image_id}").status_code == 404


def test_what_the_caller_may_do_is_said(shared_site: Site, image_id: UUID) -> None:
    nothing = dict.fromkeys(("review", "assign", "adjudicate"), False)
    owner = shared_site.browser("annotator").get(f"/images/{image_id}").json()["may"]
    assert owner == {**nothing, "edit": True, "submit": True, "delete": True, "redact": True}
    reviewer = shared_site.browser("reviewer")
    assert reviewer.get(f"/images/{image_id}").json()["may"]["assign"] is True
    assert reviewer.get(f"/images/{image_id}").json()["may"]["review"] is False
    save(shared_site.browser("annotator"), image_id, 1, submit=True)
    assert reviewer.get(f"/images/{image_id}").json()["may"]["review"] is True
