"""Comments pinned to places in an image, by people who may not always see each other's."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, select

from app.accounts.tables import Role
from app.core.audit import AuditEvent
from app.pins.tables import Pin, PinComment
from tests.behaviour.reviews.acting import Hand, person
from tests.running_site import Site


def pin(hand: Hand, image: UUID, text: str = "Shadow or lesion?", **more: Any) -> httpx.Response:
    body = {"x": 5.5, "y": 3, "text": text} | more
    return hand.client.post(f"/images/{image}/pins", json=body)


def seen(hand: Hand, image: UUID) -> list[list[str]]:
    answer = hand.client.get(f"/images/{image}/pins")
    assert answer.status_code == 200, answer.text
    return [[one["text"] for one in pin["comments"]] for pin in answer.json()["items"]]


def test_a_place_is_discussed_resolved_and_opened_again(shared_site: Site) -> None:
    reader, reviewer = person(shared_site), person(shared_site, Role.REVIEWER, "R. Viewer")
    image = shared_site.add_image(reader.user)
    made = pin(reader, image)
    assert made.status_code == 201, made.text
    at = f"/images/{image}/pins/{made.json()['id']}"
    key = {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        said = reviewer.client.post(f"{at}/comments", json={"text": "A shadow."}, headers=key)
        assert said.status_code == 201, said.text
    assert seen(reader, image) == [["Shadow or lesion?", "A shadow."]]
    settled = reviewer.client.put(at, json={"resolved": True}).json()
    assert settled["resolved_by"]["name"] == "R. Viewer"
    assert reader.client.put(at, json={"resolved": False}).json()["resolved_at"] is None

    kept = reader.client.delete(at)
    assert (kept.status_code, kept.json()["code"]) == (403, "others-comments")
    mine = pin(reader, image, "A slip").json()
    assert mine["may_delete"]
    assert reader.client.delete(f"/images/{image}/pins/{mine['id']}").status_code == 204

    with shared_site.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.object_id == at[-36:])).all()
    assert [event.action for event in events] == [
        "pin.created",
        "pin.answered",
        "pin.resolved",
        "pin.reopened",
    ]
    assert "shadow" not in str([event.detail for event in events]).lower()


def test_blind_readers_do_not_read_each_others_comments(shared_site: Site) -> None:
    owner, reviewer = person(shared_site), person(shared_site, Role.REVIEWER)
    first, second = person(shared_site), person(shared_site)
    image = shared_site.add_image(owner.user)
    assert reviewer.assign(image, first, second, blind=True).status_code == 201
    theirs = pin(first, image, "Irregular margin here").json()
    assert seen(first, image) == [["Irregular margin here"]]
    assert seen(second, image) == []
    at = f"/images/{image}/pins/{theirs['id']}"
    assert second.client.post(f"{at}/comments", json={"text": "Is it?"}).status_code == 404
    assert second.client.put(at, json={"resolved": True}).status_code == 404
    assert seen(reviewer, image) == [["Irregular margin here"]]
    assert reviewer.client.put(at, json={"resolved": True}).status_code == 200
    assert first.client.get(f"/images/{image}/pins").json()["items"][0]["resolved_at"] is None
    for reader in (first, second):
        reader.hand_in(image)
    assert seen(second, image) == [["Irregular margin here"]]
    assert first.client.get(f"/images/{image}/pins").json()["items"][0]["resolved_at"]


def test_a_place_lies_in_the_frame_and_goes_with_the_image(shared_site: Site) -> None:
    reader = person(shared_site)
    image = shared_site.add_image(reader.user)
    far = pin(reader, image, x=1e5)
    assert (far.status_code, far.json()["code"]) == (422, "outside-frame")
    assert pin(reader, image, frame_index=9).status_code == 404
    assert pin(reader, image, "  ").status_code == 422
    assert pin(reader, image).status_code == 201
    with shared_site.database.read() as session:
        held = select(func.count()).select_from(PinComment).join(Pin).where(Pin.image_id == image)
        assert session.scalar(held) == 1
        assert reader.client.delete(f"/images/{image}").status_code == 204
    with shared_site.database.read() as session:
        assert session.scalar(held) == 0
