"""Text in a stored picture: suspected areas, blanked areas, and the file's remarks."""

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
    """Store suspected text, in the transaction that stores the frame."""
    for box in decoded.suspected:
        insert_row(session, SuspectedText(image_id=image_id, **box.to_json()))


def flat(boxes: Iterable[TextBox]) -> list[Any]:
    """Boxes in the form of ``Frame.blanked``."""
    return [box.to_json() for box in boxes]


def file_notes(
    notes: Iterable[str],
    blanked: list[dict[str, Any]] | None,
    suspected: list[dict[str, Any]] | None,
) -> FileNotes:
    """Facts about a frame's file and text in it; None means unknown."""

    def areas(found: list[dict[str, Any]] | None) -> list[TextArea] | None:
        # Only the place is included, without the score and without the text.
        return None if found is None else [TextArea.model_validate(one) for one in found]

    return FileNotes(notes=list(notes), blanked=areas(blanked), suspected=areas(suspected))
