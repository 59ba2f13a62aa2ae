"""Text in a stored picture: areas that look like it, areas made black, and the file's remarks."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.core.database import WriteSession, insert_row
from app.images.schemas import TextArea
from app.masks.measures import FileNotes
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


def file_notes(
    notes: Iterable[str],
    blanked: list[dict[str, Any]] | None,
    suspected: list[dict[str, Any]] | None,
) -> FileNotes:
    """Facts of a frame's file and of text in it; None is unknown."""

    def areas(found: list[dict[str, Any]] | None) -> list[TextArea] | None:
        # Only the place goes along, without the score and without the text.
        return None if found is None else [TextArea.model_validate(one) for one in found]

    return FileNotes(notes=list(notes), blanked=areas(blanked), suspected=areas(suspected))
