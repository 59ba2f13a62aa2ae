"""Rows that the review routes need, for the access matrix."""

from typing import Any
from uuid import UUID

from app.accounts.tables import User
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core.ids import new_id, now
from app.images.tables import Image
from app.pins.tables import Pin, PinComment
from tests.running_site import Site

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/images/{image_id}/submit"): {"revision": 2},
    ("POST", "/images/{image_id}/reviews"): {"revision": 2, "verdict": "approved"},
    ("POST", "/images/{image_id}/consensus"): {"method": "majority", "revisions": [2, 3]},
    ("POST", "/images/{image_id}/readings"): {"reader_ids": ["{user}"]},
    ("POST", "/readings"): {"reader_ids": ["{user}"], "image_ids": ["{image}"]},
    ("POST", "/readings/distribute"): {"limit": 1},
    ("POST", "/bulk-acts"): {"act": "delete", "image_ids": []},
}
"""Bodies; `{user}` stands for the caller and `{image}` for the row's image."""


def body(method: str, path: str, user: UUID, image: UUID | None) -> dict[str, Any] | None:
    """Return the body of a request to one of these routes, or None for another route."""
    found = BODIES.get((method, path))
    if found is None:
        return None
    names = {"{user}": str(user), "{image}": str(image)}
    return {
        key: [names.get(one, one) for one in value] if isinstance(value, list) else value
        for key, value in found.items()
    }


def add_bulk_act(site: Site, owner: User, project_id: UUID) -> UUID:
    """Store an act that archived one image; return its id."""
    image_id = site.add_image(owner, project_id)
    with site.database.write() as session:
        act = BulkAct(
            id=new_id(),
            project_id=project_id,
            created_by_id=owner.id,
            kind=BulkKind.ARCHIVE,
            finished=True,
            skipped={},
        )
        session.add(act)
        session.flush()
        former = {"archived_at": None}
        session.add(BulkActImage(bulk_act_id=act.id, image_id=image_id, former=former))
        session.get_one(Image, image_id).archived_at = now()
    return act.id


def add_pin(site: Site, author: User, image_id: UUID) -> UUID:
    """Store a pin with one comment on an image; return its id."""
    with site.database.write() as session:
        pin = Pin(image_id=image_id, frame_index=0, x=4, y=3, author_id=author.id)
        session.add(pin)
        session.flush()
        session.add(PinComment(pin_id=pin.id, author_id=author.id, text="A shadow?"))
        return pin.id


def prepare(site: Site, path: str, image_id: UUID, owner: User) -> UUID | None:
    """Put an image into the state that a route needs; return the id of its reading or review."""
    if path.endswith(("/submit", "/reviews")):
        return site.add_reading(image_id, owner)
    if path.endswith("/{review_id}"):
        return site.add_review(image_id, owner)
    if path.endswith(("/agreement", "/consensus")):
        site.add_agreement(image_id)
    if path.endswith("/{reading_id}"):
        return site.add_reading(image_id, site.add_person(), submitted=False)
    return None
