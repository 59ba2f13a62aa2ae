"""Label sets as rows and as requests."""

from typing import Any
from uuid import UUID

import httpx

from app.core.ids import new_id
from app.label_sets.tables import ClassKind, LabelClass, LabelSet
from app.projects.tables import DEFAULT_PROJECT
from tests.running_site import Site

KINDS = (
    *("Chocolate cyst", "Serous cystadenoma", "Teratoma", "Theca cell tumor"),
    *("Simple cyst", "Normal ovary", "Mucinous cystadenoma"),
    "High-grade serous cystadenocarcinoma",
)
"""The eight kinds of ../shared/data/mmotu."""


def add_label_set(site: Site, *names: str) -> UUID:
    """Store a set that no project follows, with these classes or a default one; return its id."""
    with site.database.write() as session:
        found = LabelSet(id=new_id(), name="A set", version=1)
        session.add(found)
        session.flush()
        for place, name in enumerate(names or ("cyst",)):
            session.add(
                LabelClass(
                    id=new_id(),
                    label_set_id=found.id,
                    position=place,
                    name=name,
                    colour="#4fc3f7",
                    kind=ClassKind.INSTANCE,
                    overlaps=False,
                )
            )
        return found.id


def make(client: httpx.Client, name: str = "Ovary", **more: Any) -> dict[str, Any]:
    """Create a set over HTTP and return it."""
    answer = client.post("/label-sets", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def followed(client: httpx.Client, name: str = "Ovary", **more: Any) -> dict[str, Any]:
    """Create a set over HTTP, let the first project follow it, and return it."""
    made = make(client, name, **more)
    answer = follow(client, made["id"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def follow(client: httpx.Client, set_id: str) -> httpx.Response:
    """Let the first project follow a set."""
    address = f"/projects/{DEFAULT_PROJECT}/label-set"
    return client.put(address, json={"label_set_id": set_id})


def update_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return the request that would leave a set unchanged."""
    kept = ("version", "name", "archived")
    return {
        **{key: found[key] for key in kept},
        "classes": [_without_used(one) for one in found["classes"]],
        "attributes": [_without_used(one) for one in found["attributes"]],
    }


def _without_used(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "used"}
