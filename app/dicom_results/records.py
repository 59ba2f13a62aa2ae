"""Orders for DICOM objects that a worker makes; the objects are stored sealed for some seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.audit import Actor
from app.core.blobs import BlobNotFoundError, BlobStore
from app.core.security import SiteKey

PURPOSE = "dicom-result"
KINDS = ("seg", "sr", "sc", "pr", "probability")
"""Segmentation, structured report, secondary capture, presentation state, and a segmentation of
probabilities."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order for objects that somebody waits for.

    Attributes:
        kinds: the kinds of objects.
        identified: whether they carry the patient's name and the instance's own UIDs, or else
            pseudonyms.
        actor: who requested them, for the audit log.
    """

    id: UUID
    image_id: UUID
    mask_ids: Sequence[UUID]
    kinds: Sequence[str]
    identified: bool
    actor: Actor

    def to_question(self) -> dict[str, Any]:
        """Return the order as a message to a worker."""
        user, token = self.actor.user_id, self.actor.token_id
        return {
            "kind": "dicom",
            "id": str(self.id),
            "image_id": str(self.image_id),
            "masks": [str(one) for one in self.mask_ids],
            "objects": list(self.kinds),
            "identified": self.identified,
            "actor": [str(one) if one else None for one in (user, token)],
        }

    @staticmethod
    def from_question(question: Mapping[str, Any]) -> Order:
        """Read an order from the dictionary that :meth:`to_question` made."""
        user, token = (UUID(one) if one else None for one in question["actor"])
        return Order(
            id=UUID(question["id"]),
            image_id=UUID(question["image_id"]),
            mask_ids=[UUID(one) for one in question["masks"]],
            kinds=question["objects"],
            identified=question["identified"],
            actor=Actor(user, token),
        )


def object_key(order_id: UUID, kind: str) -> str:
    """Return the key of an object's blob, which is kept until fetched or swept."""
    return f"transient/{order_id}/{kind}.dcm"


def object_keys(order_id: UUID) -> list[str]:
    """Return the keys of the objects of all kinds."""
    return [object_key(order_id, kind) for kind in KINDS]


def put_sealed(
    blobs: BlobStore, key: SiteKey, order_id: UUID, objects: Mapping[Any, bytes]
) -> None:
    """Store objects for the waiting request, sealed because they may name a patient."""
    for kind, data in objects.items():
        sealed = key.seal(PURPOSE, data, order_id.bytes + str(kind).encode())
        blobs.put(object_key(order_id, kind), sealed)


def take(blobs: BlobStore, key: SiteKey, order_id: UUID, kind: str) -> bytes:
    """Return a stored object and delete it.

    Raises:
        BlobNotFoundError: there is no object of that kind.
    """
    sealed = blobs.get(object_key(order_id, kind))
    blobs.delete(object_key(order_id, kind))
    return key.open(PURPOSE, sealed, order_id.bytes + kind.encode())


def take_all(
    blobs: BlobStore, key: SiteKey, order_id: UUID, kinds: Sequence[str]
) -> dict[str, bytes]:
    """Return the stored objects of these kinds and delete them."""
    found = {}
    for kind in kinds:
        try:
            found[kind] = take(blobs, key, order_id, kind)
        except BlobNotFoundError:
            continue  # not made, because it would show nothing
    return found
