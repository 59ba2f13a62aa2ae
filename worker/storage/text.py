"""What is known of text in a stored picture."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.core.database import WriteSession, insert_row
from app.redaction.tables import SuspectedText
from worker.deidentify import TextBox
from worker.ingest import Decoded


def keep_suspected(session: WriteSession, image_id: UUID, decoded: Decoded) -> None:
    """Store what looks like text, in the transaction that stores the frame."""
    for box in decoded.suspected:
        insert_row(session, SuspectedText(image_id=image_id, **box.to_json()))


def flat(boxes: Iterable[TextBox]) -> list[Any]:
    """Boxes as ``Frame.blanked`` keeps them."""
    return [box.to_json() for box in boxes]


BOX = ("kind", "top", "left", "height", "width")
"""What is told of a place: never how sure it is, nor what it says."""


def said_of_text(
    blanked: list[dict[str, Any]] | None, suspected: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """What is known of text in a frame, as ``StoredResult`` says it; None is not known."""

    def boxes(found: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        return None if found is None else [{name: one[name] for name in BOX} for one in found]

    return {"blanked": boxes(blanked), "suspected": boxes(suspected)}
