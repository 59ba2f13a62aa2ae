"""Label sets: created, changed by one person at a time, followed, kept while drawings use them."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.label_sets.records import mark_used
from app.label_sets.tables import LESION_CLASS_ID
from app.projects.tables import DEFAULT_PROJECT, LESION_SET_ID
from tests.behaviour.label_sets.rows import KINDS, follow, followed, make, update_of
from tests.running_site import Site


@pytest.fixture
def admin(shared_site: Site) -> httpx.Client:
    return shared_site.browser("admin")


def put(client: httpx.Client, found: dict[str, Any], **change: Any) -> httpx.Response:
    return client.put(f"/label-sets/{found['id']}", json={**update_of(found), **change})


def test_a_new_site_has_one_set_with_the_one_class_lesion(site: Site) -> None:
    (only,) = site.browser("annotator").get("/label-sets").json()["items"]
    assert (only["id"], only["project_ids"]) == (str(LESION_SET_ID), [str(DEFAULT_PROJECT)])
    (lesion,) = only["classes"]
    assert lesion["id"] == str(LESION_CLASS_ID)
    assert (lesion["name"], lesion["used"], lesion["code"]["value"]) == ("lesion", True, "52988006")


def test_a_set_keeps_what_was_said_of_its_classes_and_attributes(admin: httpx.Client) -> None:
    mass, part = "018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"
    classes = [
        {
            "id": mass,
            "name": "mass",
            "colour": "#ff8a65",
            "code": {"scheme": "SCT", "value": "4147007", "meaning": "Mass"},
        },
        {
            "id": part,
            "name": "solid part",
            "colour": "#81c784",
            "kind": "region",
            "parent_id": mass,
            "overlaps": True,
        },
    ]
    attributes = [
        {
            "name": "margin",
            "subject": "lesion",
            "kind": "choice",
            "required": True,
            "class_ids": [mass],
            "choices": [{"value": "sharp", "meaning": "Sharp", "term": None}],
        },
        {"name": "depth", "subject": "image", "kind": "number", "unit": "mm", "minimum": 0},
    ]
    made = make(admin, "Breast", classes=classes, attributes=attributes)
    (there,) = [one for one in admin.get("/label-sets").json()["items"] if one["id"] == made["id"]]
    assert there == made
    assert [one["name"] for one in there["classes"]] == ["mass", "solid part"]
    for sent, kept in zip(classes, there["classes"], strict=True):
        assert {key: kept[key] for key in sent} == sent
    for asked, kept in zip(attributes, there["attributes"], strict=True):
        assert {key: kept[key] for key in asked} == asked
    assert there["project_ids"] == []


@pytest.mark.parametrize("key", ["bi-rads-us", "o-rads-us", "ovarian-tumours"])
def test_every_ready_set_makes_a_set(admin: httpx.Client, key: str) -> None:
    ready = {one["key"]: one for one in admin.get("/ready-label-sets").json()["items"]}[key]
    made = make(admin, f"From {key}", ready=key)
    assert len(made["classes"]) == ready["classes"]
    assert len(made["attributes"]) == ready["attributes"]
    assert len({one["colour"] for one in made["classes"]}) == len(made["classes"])


ANGULAR = "Not circumscribed: angular"


def terms(found: dict[str, Any]) -> dict[str, str | None]:
    """Return the keys of all texts of a set, by text."""
    rows = [*found["classes"], *found["attributes"]]
    said = {one["name"]: one["term"] for one in rows}
    for one in found["attributes"]:
        said |= {choice["meaning"]: choice["term"] for choice in one["choices"]}
    return said


def test_texts_of_a_ready_set_have_keys_until_somebody_rewrites_them(admin: httpx.Client) -> None:
    made = make(admin, "Breast", ready="bi-rads-us")
    assert terms(made)["Mass"] == "bi-rads-us/mass"
    assert terms(made)[ANGULAR] == "bi-rads-us/margin/angular"
    before = terms(made)
    assert None not in before.values()

    # The form sends everything back, including the keys; a script may omit the keys.
    wanted = update_of(made)
    wanted["classes"][0]["name"] = "Our mass"
    wanted["attributes"][2]["choices"][2]["meaning"] = "Angular"
    for one in wanted["attributes"]:
        one.pop("term")
        one["choices"] = [
            {key: choice[key] for key in ("value", "meaning")} for choice in one["choices"]
        ]
    changed = admin.put(f"/label-sets/{made['id']}", json=wanted).json()
    after = terms(changed)
    assert {text for text, term in after.items() if term is None} == {"Our mass", "Angular"}
    assert {text: term for text, term in after.items() if term is not None} == {
        text: term for text, term in before.items() if text not in ("Mass", ANGULAR)
    }

    # A rewritten text stays as written, whatever key is sent with it.
    wanted = update_of(changed)
    wanted["classes"][0]["term"] = "bi-rads-us/mass"
    wanted["classes"][1]["term"] = "no-such/key"
    again = admin.put(f"/label-sets/{made['id']}", json=wanted).json()
    assert [one["term"] for one in again["classes"][:2]] == [None, None]


def test_a_copy_of_a_ready_set_keeps_its_keys_and_a_set_of_ones_own_has_none(
    admin: httpx.Client,
) -> None:
    made = make(admin, "Breast", ready="bi-rads-us")
    classes = [{**one, "id": None} for one in update_of(made)["classes"]]
    copied = make(admin, "A copy", classes=classes)
    assert [one["term"] for one in copied["classes"]] == [one["term"] for one in made["classes"]]
    own = make(admin, "Our own", classes=[{"name": "Mass", "colour": "#4fc3f7"}])
    assert terms(own) == {"Mass": None}


def test_the_ready_sets_have_the_categories_of_their_documents(admin: httpx.Client) -> None:
    def values(key: str, name: str) -> list[str]:
        made = make(admin, f"{key} {name}", ready=key)
        (found,) = [one for one in made["attributes"] if one["name"] == name]
        assert found["required"] and found["subject"] == "image"
        return [choice["value"] for choice in found["choices"]]

    birads = ["0", "1", "2", "3", "4A", "4B", "4C", "5", "6"]
    assert values("bi-rads-us", "BI-RADS category") == birads
    assert values("o-rads-us", "O-RADS category") == ["0", "1", "2", "3", "4", "5"]
    kinds = make(admin, "eight", ready="ovarian-tumours")["classes"]
    assert [one["name"] for one in kinds] == list(KINDS)


def test_of_two_people_who_change_a_set_the_second_is_told(admin: httpx.Client) -> None:
    made = make(admin, "Two people", ready="ovarian-tumours")
    first = put(admin, made, name="First")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    second = put(admin, made, name="Second")
    assert (second.status_code, second.json()["code"]) == (409, "set-changed")
    assert put(admin, first.json(), name="Second").json()["name"] == "Second"


def test_a_class_that_is_drawn_is_archived_and_never_deleted_or_turned_around(
    shared_site: Site, admin: httpx.Client
) -> None:
    made = make(admin, "Used", ready="ovarian-tumours")
    with shared_site.database.write() as session:
        mark_used(session, [UUID(made["classes"][0]["id"])])
    update = update_of(made)
    without = put(admin, made, classes=update["classes"][1:])
    assert (without.status_code, without.json()["code"]) == (409, "class-in-use")
    assert "Chocolate cyst" in without.json()["detail"]
    turned = [{**update["classes"][0], "overlaps": True}, *update["classes"][1:]]
    assert put(admin, made, classes=turned).json()["code"] == "class-in-use"
    archived = [{**update["classes"][0], "archived": True}, *update["classes"][2:]]
    kept = put(admin, made, classes=archived)
    assert kept.status_code == 200, kept.text
    assert [one["name"] for one in kept.json()["classes"]] == [KINDS[0], *KINDS[2:]]
    assert kept.json()["classes"][0]["archived"]


def test_the_order_of_classes_is_that_of_the_request(admin: httpx.Client) -> None:
    made = make(admin, "Order", ready="ovarian-tumours")
    turned = put(admin, made, classes=update_of(made)["classes"][::-1])
    assert [one["name"] for one in turned.json()["classes"]] == list(KINDS[::-1])


def test_a_set_that_a_project_follows_cannot_be_archived(site: Site) -> None:
    admin = site.browser("admin")
    chosen = followed(admin, "Chosen", ready="ovarian-tumours")
    sets = {one["id"]: one["project_ids"] for one in admin.get("/label-sets").json()["items"]}
    assert sets == {chosen["id"]: [str(DEFAULT_PROJECT)], str(LESION_SET_ID): []}
    assert put(admin, chosen, archived=True).json()["code"] == "set-in-use"
    other = make(admin, "Other", ready="bi-rads-us")
    archived = put(admin, other, archived=True)
    assert archived.json()["archived"]
    refused = follow(admin, other["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "set-archived")


CYST = {"name": "cyst", "colour": "#4fc3f7"}
CHOICE = {"name": "margin", "subject": "lesion", "kind": "choice"}
ONE, TWO = "018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "at least one class"),
        ({"ready": "nothing"}, "bi-rads-us"),
        ({"classes": [CYST, {**CYST, "name": "CYST"}]}, "CYST"),
        ({"classes": [{**CYST, "archived": True}]}, "Every class is archived"),
        ({"classes": [{**CYST, "parent_id": ONE}]}, "parent"),
        (
            {
                "classes": [
                    {**CYST, "id": ONE, "parent_id": TWO},
                    {**CYST, "name": "b", "id": TWO, "parent_id": ONE},
                ]
            },
            "its own parent",
        ),
        ({"classes": [{**CYST, "id": str(LESION_CLASS_ID)}]}, "another set"),
        ({"classes": [CYST], "attributes": [CHOICE]}, "choice has values"),
        (
            {"classes": [CYST], "attributes": [{**CHOICE, "kind": "text", "unit": "mm"}]},
            "only a number",
        ),
        (
            {
                "classes": [CYST],
                "attributes": [{**CHOICE, "kind": "number", "minimum": 2, "maximum": 1}],
            },
            "above the maximum",
        ),
        (
            {
                "classes": [CYST],
                "attributes": [{**CHOICE, "kind": "text", "class_ids": [ONE]}],
            },
            "not in this set",
        ),
    ],
)
def test_a_set_that_contradicts_itself_is_refused_and_nothing_is_kept(
    admin: httpx.Client, wrong: dict[str, Any], says: str
) -> None:
    before = admin.get("/label-sets").json()
    answer = admin.post("/label-sets", json={"name": "Wrong", **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-label-set")
    assert says in answer.json()["detail"]
    assert admin.get("/label-sets").json() == before
