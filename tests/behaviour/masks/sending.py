"""A browser's requests while a person draws, and the events that it receives."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from app.accounts.tables import User
from app.images.tables import Frame
from app.reviews.tables import Reading
from tests.processes import wait_until
from tests.running_site import Site, drawing


def runs_of(labels: Sequence[int]) -> list[int]:
    """Return the run-length code of a label map, by a simple, independent implementation."""
    return [number for label, group in groupby(labels) for number in (label, len(list(group)))]


NO_CLASSES: dict[str, Any] = {
    "overlays": [],
    "classes": {},
    "attributes": {},
    "image_attributes": {},
    "measurements": [],
    "note": "",
    "kept": [],
}
"""The fields of a response for a drawing without classes, measurements and note."""


def labels_of(width: int, height: int, pixels: Sequence[int], **names: str) -> dict[str, Any]:
    """Return a drawing of this size."""
    return {
        "width": width,
        "height": height,
        "runs": runs_of(pixels),
        "names": names,
        **NO_CLASSES,
    }


def square(left: int = 4, label: int = 1) -> dict[str, Any]:
    """Return a drawing of 32 × 24 px with a lesion of 8 × 8 px that begins at this column."""
    inside = {(x, y) for x in range(left, left + 8) for y in range(4, 12)}
    return labels_of(32, 24, [label * ((x, y) in inside) for y in range(24) for x in range(32)])


def empty() -> dict[str, Any]:
    """Return a drawing of 32 × 24 px without a lesion."""
    return {"width": 32, "height": 24, "runs": [0, 32 * 24], "names": {}, **NO_CLASSES}


def save(
    client: httpx.Client,
    image_id: UUID,
    parent: int | None,
    labels: dict[str, Any] | None = None,
    key: str | None = None,
    **more: Any,
) -> httpx.Response:
    """Save a revision based on that parent."""
    body = {
        "parent_revision": parent,
        "labels": labels or drawing(),
        "answer": "lesions",
        "seconds": 12.5,
        **more,
    }
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/images/{image_id}/masks", json=body, headers=headers)


def autosave(
    client: httpx.Client,
    image_id: UUID,
    version: int,
    labels: dict[str, Any] | None = None,
    **more: Any,
) -> httpx.Response:
    """Write a draft that follows that version."""
    body = {
        "version": version,
        "parent_revision": 1,
        "labels": labels or drawing(),
        "seconds": 3.25,
        **more,
    }
    return client.put(f"/images/{image_id}/draft", json=body)


def revisions(client: httpx.Client, image_id: UUID) -> list[int]:
    """Return the numbers of the revisions that this client sees, newest first."""
    answer = client.get(f"/images/{image_id}")
    assert answer.status_code == 200, answer.text
    return [mask["revision"] for mask in answer.json()["masks"]]


def resize(site: Site, image_id: UUID, width: int, height: int) -> None:
    """Change the size of the image's frame."""
    with site.database.write() as session:
        session.execute(
            update(Frame).where(Frame.image_id == image_id).values(width=width, height=height)
        )


def assign(site: Site, image_id: UUID, *readers: User, blind: bool = False) -> None:
    """Assign readers to the image."""
    with site.database.write() as session:
        for reader in readers:
            session.add(Reading(image_id=image_id, reader_id=reader.id, blind=blind))


class Listener:
    """The events that a person's browser has received, and whether the server ended the stream."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ended = threading.Event()

    def hears(
        self, event: str, told: Callable[[dict[str, Any]], bool], seconds: float = 30
    ) -> dict[str, Any]:
        """Wait for the first event of this name that meets the condition, and return it."""
        return wait_until(
            lambda: next((d for name, d in list(self.heard) if name == event and told(d)), None),
            seconds,
            f"for {event} in {self.heard}",
        )


@contextmanager
def listening(client: httpx.Client) -> Iterator[Listener]:
    """Read the client's server-sent events in the background."""
    listener, ready = Listener(), threading.Event()

    def read(stream: httpx.Response) -> None:
        name = ""
        try:
            for line in stream.iter_lines():
                ready.set()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    listener.heard.append((name, json.loads(line.removeprefix("data: "))))
        except httpx.HTTPError:
            return  # the block ended, or the site did
        listener.ended.set()

    with client.stream("GET", "/events", timeout=None) as stream:
        thread = threading.Thread(target=read, args=(stream,), daemon=True)
        thread.start()
        assert ready.wait(60)
        yield listener
