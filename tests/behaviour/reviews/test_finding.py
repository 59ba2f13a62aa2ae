"""Finding images by notes, classes and attributes, and saving the search as a view."""

from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest

from app.label_sets.tables import LESION_CLASS_ID
from app.projects.tables import DEFAULT_PROJECT
from app.worklist import search
from tests.behaviour.masks.sending import square
from tests.behaviour.reviews.acting import Hand, newest_in_line, person, work
from tests.running_site import Site


def found(hand: Hand, text: str) -> set[UUID]:
    answer = hand.client.get("/images", headers={"Sonoloop-Search": quote(text)})
    assert answer.status_code == 200, answer.text
    return {UUID(one["id"]) for one in answer.json()["items"]}


def test_any_part_of_a_note_or_of_a_class_finds_the_image(shared_site: Site) -> None:
    reader, other = person(shared_site), person(shared_site)
    noted, plain = (shared_site.add_image(reader.user) for _ in range(2))
    body = {
        "parent_revision": newest_in_line(reader, noted),
        "labels": square(4) | {"note": "Résidu post-biopsie"},
        "answer": "lesions",
        "seconds": 3,
    }
    answer = reader.client.post(f"/images/{noted}/masks", json=body)
    assert answer.status_code == 201, answer.text
    work(shared_site)
    assert found(reader, "biopsie RESIDU") == {noted}
    assert found(other, "biopsie") == set(), "what one may not see is not found"
    assert found(reader, "lesi") == {noted}, "by the name of its class; nobody drew on the other"
    assert plain not in found(reader, "biopsie")
    assert found(reader, "100%") == set(), "signs of the database's own mean themselves"


@pytest.mark.parametrize("few", [0, search.FEW])
def test_a_search_finds_the_same_of_few_and_of_many_matches(
    shared_site: Site, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, other = person(shared_site), person(shared_site)
    mine = {shared_site.add_image(reader.user) for _ in range(2)}
    theirs = shared_site.add_image(other.user)
    one = str(min(mine))
    monkeypatch.setattr(search, "FEW", few)
    beginning = reader.client.get("/images", params={"q": one, "limit": 1}).json()
    assert [item["id"] for item in beginning["items"]] == [one]
    assert found(reader, one[9:]) == {UUID(one)}, "any part of an id"
    assert found(reader, str(theirs)) == set(), "not what one may not see"
    first = reader.client.get("/images", params={"q": one[:2], "limit": 1}).json()
    rest = {"q": one[:2], "limit": 1, "cursor": first["next_cursor"]}
    second = reader.client.get("/images", params=rest).json()
    assert (first["total"], second["next_cursor"]) == (2, None)
    assert {UUID(item["id"]) for page in (first, second) for item in page["items"]} == mine


def view(name: str, **search: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "name": name,
        "project_id": str(DEFAULT_PROJECT),
        "search": search,
    }


def test_views_and_columns_are_a_persons_own(shared_site: Site) -> None:
    hand, other = person(shared_site), person(shared_site)
    late = view("Late", queue="overdue", sort="due")
    wanted = {"columns": ["state", "due"], "views": [late], "default_views": [late["id"]]}
    answer = hand.client.put("/session/preferences/worklist", json=wanted)
    assert answer.status_code == 204, answer.text
    kept = hand.client.get("/session/preferences").json()["worklist"]
    assert kept["columns"] == wanted["columns"]
    assert [one["id"] for one in kept["views"]] == kept["default_views"] == [late["id"]]
    assert other.client.get("/session/preferences").json()["worklist"]["views"] == []
    twice = {"views": [late, view("Late")]}
    refused = hand.client.put("/session/preferences/worklist", json=twice)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    absent = {"views": [], "default_views": [str(LESION_CLASS_ID)]}
    assert hand.client.put("/session/preferences/worklist", json=absent).status_code == 422
    assert hand.client.get("/session/preferences").json()["worklist"] == kept


def test_keys_of_the_pages_are_a_persons_own(shared_site: Site) -> None:
    hand, other = person(shared_site), person(shared_site)
    wanted = {"keys": {"tool-brush": "ü", "approve": "Alt+w", "undo": None}}
    assert hand.client.put("/session/preferences/keys", json=wanted).status_code == 204
    assert hand.client.get("/session/preferences").json()["keys"] == wanted
    assert other.client.get("/session/preferences").json()["keys"] == {"keys": {}}
    for keys in ({"tool-brush": "Control+p"}, {"tool-brush": " "}, {"Approve!": "x"}):
        refused = hand.client.put("/session/preferences/keys", json={"keys": keys})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert hand.client.get("/session/preferences").json()["keys"] == wanted
    assert hand.client.put("/session/preferences/keys", json={}).status_code == 204
    assert hand.client.get("/session/preferences").json()["keys"] == {"keys": {}}
