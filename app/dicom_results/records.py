"""Orders of DICOM objects from a worker, which come back sealed and are kept for some seconds."""

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
    """Objects that somebody waits for.

    Attributes:
        kinds: of objects.
        identified: under the patient's name and the instance's own UIDs; else under pseudonyms.
        actor: who asked, for the audit log.
    """

    id: UUID
    image_id: UUID
    mask_ids: Sequence[UUID]
    kinds: Sequence[str]
    identified: bool
    actor: Actor

    def to_question(self) -> dict[str, Any]:
        """As a message to a worker."""
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
        """Read an order out of the dictionary that :meth:`to_question` made."""
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
    """Blob of an object until it is fetched; what nobody fetches the sweeper deletes."""
    return f"transient/{order_id}/{kind}.dcm"


def object_keys(order_id: UUID) -> list[str]:
    """The keys of the objects of all kinds."""
    return [object_key(order_id, kind) for kind in KINDS]


def put_sealed(
    blobs: BlobStore, key: SiteKey, order_id: UUID, objects: Mapping[Any, bytes]
) -> None:
    """Store objects for the request that waits, sealed, because they may name a patient."""
    for kind, data in objects.items():
        sealed = key.seal(PURPOSE, data, order_id.bytes + str(kind).encode())
        blobs.put(object_key(order_id, kind), sealed)


def take(blobs: BlobStore, key: SiteKey, order_id: UUID, kind: str) -> bytes:
    """An object that was left; it is gone from then on.

    Raises:
        BlobNotFoundError: there is none of that kind.
    """
    sealed = blobs.get(object_key(order_id, kind))
    blobs.delete(object_key(order_id, kind))
    return key.open(PURPOSE, sealed, order_id.bytes + kind.encode())


def take_all(
    blobs: BlobStore, key: SiteKey, order_id: UUID, kinds: Sequence[str]
) -> dict[str, bytes]:
    """Those of these kinds that were left."""
    found = {}
    for kind in kinds:
        try:
            found[kind] = take(blobs, key, order_id, kind)
        except BlobNotFoundError:
            continue  # it would show nothing
    return found
