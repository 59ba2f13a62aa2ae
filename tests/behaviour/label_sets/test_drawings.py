"""Drawings with classes: what the project's set lacks is refused, and missing answers are named."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.label_sets.tables import LESION_CLASS_ID
from app.projects.tables import LESION_SET_ID
from tests.behaviour.label_sets.rows import follow, followed, update_of
from tests.behaviour.masks.sending import autosave, labels_of, save, square
from tests.running_site import Site

MASS, NODE, SHADOW, GLAND = (f"018f0000-0000-7000-8000-0000000000{n:02x}" for n in range(4))
MARGIN, DEPTH, NOTE, CATEGORY = (f"018f0000-0000-7000-8000-0000000001{n:02x}" for n in range(4))
CLASSES = [
    {"id": MASS, "name": "mass", "colour": "#ff8a65"},
    {"id": NODE, "name": "node", "colour": "#81c784"},
    {"id": SHADOW, "name": "shadow", "colour": "#90a4ae", "overlaps": True},
    {"id": GLAND, "name": "gland", "colour": "#7986cb", "kind": "region"},
]
ATTRIBUTES = [
    {
        "id": MARGIN,
        "name": "margin",
        "subject": "lesion",
        "kind": "choice",
        "required": True,
        "class_ids": [MASS],
        "choices": [{"value": "sharp", "meaning": "Sharp"}, {"value": "soft", "meaning": "Soft"}],
    },
    {"id": DEPTH, "name": "depth", "subject": "lesion", "kind": "number", "minimum": 0},
    {"id": NOTE, "name": "note", "subject": "image", "kind": "text"},
    {
        "id": CATEGORY,
        "name": "category",
        "subject": "image",
        "kind": "choice",
        "required": True,
        "choices": [{"value": "2", "meaning": "2: benign"}],
    },
]


@pytest.fixture(scope="module")
def breast(shared_site: Site) -> Iterator[dict[str, Any]]:
    """A set that the first project follows while this module runs."""
    admin = shared_site.browser("admin")
    yield followed(admin, "Breast", classes=CLASSES, attributes=ATTRIBUTES)
    follow(admin, str(LESION_SET_ID))


@pytest.fixture
def client(shared_site: Site, breast: dict[str, Any]) -> httpx.Client:
    return shared_site.browser("annotator")


@pytest.fixture
def image_id(shared_site: Site) -> UUID:
    return shared_site.add_image(shared_site.person("annotator"))


def two(**more: Any) -> dict[str, Any]:
    """Return a drawing of lesions 1 and 2 side by side."""
    pixels = [
        (1 if x < 8 else 2) if 4 <= x < 12 and 4 <= y < 12 else 0
        for y in range(24)
        for x in range(32)
    ]
    return {**labels_of(32, 24, pixels), **more}


def shadow(label: int = 3) -> dict[str, Any]:
    """Return a layer with a lesion that lies across lesion 1."""
    return {"class_id": SHADOW, "runs": square(2, label)["runs"]}


def whole() -> dict[str, Any]:
    """Return a complete drawing."""
    return two(
        classes={"1": MASS, "2": NODE, "3": SHADOW},
        names={"1": "left"},
        overlays=[shadow()],
        attributes={"1": {MARGIN: "sharp", DEPTH: 12.5}},
        image_attributes={NOTE: "seen twice", CATEGORY: "2"},
    )


def test_a_drawing_with_classes_layers_and_attributes_comes_back_as_it_was(
    client: httpx.Client, image_id: UUID
) -> None:
    saved = save(client, image_id, 1, whole())
    assert saved.status_code == 201, saved.text
    assert saved.json()["classes"] == whole()["classes"]
    assert client.get(f"/images/{image_id}/masks/2/labels").json() == whole()
    restored = client.post(f"/images/{image_id}/masks/2/restore", json={"parent_revision": 2})
    assert restored.status_code == 201, restored.text
    assert client.get(f"/images/{image_id}/masks/3/labels").json() == whole()


def test_the_mask_has_the_pixels_of_all_layers(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    from io import BytesIO

    from PIL import Image as Picture

    from app.images.tables import mask_key

    mask_id = UUID(save(client, image_id, 1, whole()).json()["id"])
    picture = Picture.open(BytesIO(shared_site.blobs.get(mask_key(image_id, mask_id))))
    drawn = {(x, y) for y in range(24) for x in range(32) if picture.getpixel((x, y))}
    assert drawn == {(x, y) for y in range(4, 12) for x in range(2, 12)}


def test_a_draft_keeps_classes_and_attributes(client: httpx.Client, image_id: UUID) -> None:
    assert autosave(client, image_id, 0, whole()).status_code == 200
    assert client.get(f"/images/{image_id}/draft").json()["labels"] == whole()


def test_a_drawing_without_classes_is_kept_as_it_always_was(
    shared_site: Site, client: httpx.Client, image_id: UUID
) -> None:
    from app.masks.tables import Mask

    mask_id = UUID(save(client, image_id, 1, two(names={"2": "right"})).json()["id"])
    with shared_site.database.read() as session:
        kept = session.get_one(Mask, mask_id).labels
    assert kept == {"runs": two()["runs"], "names": {"2": "right"}}


@pytest.mark.parametrize(
    ("labels", "code", "says"),
    [
        (two(classes={"2": str(uuid4())}), "unknown-class", "Lesion 2"),
        (two(classes={"2": str(LESION_CLASS_ID)}), "unknown-class", "mass, node, shadow, gland"),
        (two(classes={"1": SHADOW}), "wrong-layer", "a layer of its own"),
        (
            two(classes={"3": NODE}, overlays=[{**shadow(), "class_id": NODE}]),
            "wrong-layer",
            "the common layer",
        ),
        (two(classes={"3": MASS}, overlays=[shadow()]), "wrong-layer", "Lesion 3"),
        (two(overlays=[shadow(1)]), "wrong-layer", "Lesion 1 lies in two layers"),
        (two(overlays=[shadow(3), shadow(4)]), "wrong-layer", "Two layers are of one class"),
        (two(overlays=[{**shadow(), "runs": [0, 7]}]), "broken-runs", "frame"),
        (two(classes={"1": GLAND, "2": GLAND}), "two-regions", "Lesions 1 and 2"),
        (two(attributes={"1": {NOTE: "x"}}), "unknown-attribute", "Lesion 1"),
        (two(image_attributes={MARGIN: "sharp"}), "unknown-attribute", "The image"),
        (two(attributes={"1": {MARGIN: "blurred"}}), "wrong-attribute", "sharp, soft"),
        (two(attributes={"1": {DEPTH: "deep"}}), "wrong-attribute", "is no number"),
        (two(attributes={"2": {DEPTH: -1}}), "wrong-attribute", "is below 0"),
        (two(image_attributes={NOTE: 3}), "wrong-attribute", "is no text"),
    ],
)
def test_what_the_set_does_not_have_is_refused_by_name_and_nothing_is_written(
    client: httpx.Client, image_id: UUID, labels: dict[str, Any], code: str, says: str
) -> None:
    answer = save(client, image_id, 1, labels)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert says in answer.json()["detail"]
    assert len(client.get(f"/images/{image_id}").json()["masks"]) == 1


def test_what_is_required_is_asked_when_it_is_handed_in_by_lesion_and_name(
    client: httpx.Client, image_id: UUID
) -> None:
    lacking = two(classes={"1": MASS})
    refused = save(client, image_id, 1, lacking, submit=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "attributes-missing")
    assert "Lesion 1 (mass) lacks margin" in refused.json()["detail"]
    assert "lesion 2 lacks a class" in refused.json()["detail"]
    assert "the image lacks category" in refused.json()["detail"]
    assert {(one["lesion"], one["attribute"]) for one in refused.json()["missing"]} == {
        (1, MARGIN),
        (2, None),
        (None, CATEGORY),
    }
    assert len(client.get(f"/images/{image_id}").json()["masks"]) == 1
    assert save(client, image_id, 1, lacking).status_code == 201
    done = save(client, image_id, 2, whole(), submit=True)
    assert done.status_code == 201, done.text
    assert client.get(f"/images/{image_id}").json()["state"] == "submitted"


def test_an_archived_class_stays_where_it_is_and_is_given_to_nothing_new(
    shared_site: Site, client: httpx.Client, image_id: UUID, breast: dict[str, Any]
) -> None:
    admin = shared_site.browser("admin")
    other = shared_site.add_image(shared_site.person("annotator"))
    assert save(client, image_id, 1, two(classes={"1": NODE, "2": NODE})).status_code == 201
    (now,) = [one for one in admin.get("/label-sets").json()["items"] if one["id"] == breast["id"]]
    assert {one["name"] for one in now["classes"] if one["used"]} >= {"node"}
    update = update_of(now)
    update["classes"][1]["archived"] = True
    changed = admin.put(f"/label-sets/{breast['id']}", json=update)
    assert changed.status_code == 200, changed.text
    try:
        kept = save(client, image_id, 2, two(classes={"1": NODE, "2": MASS}))
        assert kept.status_code == 201, kept.text
        refused = save(client, other, 1, two(classes={"1": NODE}))
        assert (refused.status_code, refused.json()["code"]) == (422, "class-archived")
    finally:
        update = update_of(changed.json())
        update["classes"][1]["archived"] = False
        assert admin.put(f"/label-sets/{breast['id']}", json=update).status_code == 200


def test_a_lesion_has_the_only_class_of_a_set_without_being_asked(
    shared_site: Site, client: httpx.Client, image_id: UUID, breast: dict[str, Any]
) -> None:
    admin = shared_site.browser("admin")
    only = followed(admin, "One", classes=[{"name": "ovary", "colour": "#81c784"}])
    try:
        saved = save(client, image_id, 1, two(), submit=True)
    finally:
        follow(admin, breast["id"])
    assert saved.status_code == 201, saved.text
    assert saved.json()["classes"] == dict.fromkeys(("1", "2"), only["classes"][0]["id"])


def test_the_use_of_a_set_counts_lesions_in_the_newest_revisions(
    shared_site: Site, client: httpx.Client, image_id: UUID, breast: dict[str, Any]
) -> None:
    admin = shared_site.browser("admin")
    classes = [{"name": "a", "colour": "#ff8a65"}, {"name": "b", "colour": "#81c784"}]
    made = followed(admin, "Counted", classes=classes)
    first, second = (one["id"] for one in made["classes"])
    try:
        save(client, image_id, 1, two(classes={"1": first, "2": first}))
        save(client, image_id, 2, two(classes={"1": first, "2": second}))
        other = shared_site.add_image(shared_site.person("annotator"))
        save(client, other, 1, two(classes={"1": second, "2": second}))
    finally:
        follow(admin, breast["id"])
    use = admin.get(f"/label-sets/{made['id']}/use").json()
    assert use == {"classes": {first: 1, second: 3}, "attributes": {}}
