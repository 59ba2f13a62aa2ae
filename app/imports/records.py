"""What becomes of the classes that an archive names; for the api and for workers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.label_sets.records import Vocabulary
from app.label_sets.tables import LESION_CLASS_ID


class Fate(StrEnum):
    """What becomes of lesions whose class is not taken."""

    LEAVE_OUT = "leave-out"
    """They are left out; the others of their image are stored."""
    REFUSE = "refuse"
    """Labels that have one are refused, each by name."""


def folded(name: str) -> str:
    """A class's name as names are compared."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True)
class ClassMapping:
    """Where found classes go: as somebody said, else into the class of the same name.

    Args:
        words: the project's label set.
        asked: ids of classes, or fates, by the names that were found; "" is that of lesions whose
            class nobody said.
    """

    words: Vocabulary
    asked: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> UUID | Fate | None:
        """The class of the set, or the fate; None where it is not known, and nothing is guessed."""
        asked = {folded(one): target for one, target in self.asked.items()}.get(folded(name))
        if asked is not None:
            return Fate(asked) if asked in list(Fate) else self._open(UUID(asked))
        for one in self.words.classes.values():
            if one.archived_at is None and folded(one.name) == folded(name):
                return one.id
        return self._meant() if not name else None

    def unknown(self, names: Iterable[str]) -> list[str]:
        """Those that nothing is known of, sorted."""
        return sorted(name for name in names if self.of(name) is None)

    def _open(self, class_id: UUID) -> UUID | None:
        found = self.words.classes.get(class_id)
        return class_id if found is not None and found.archived_at is None else None

    def _meant(self) -> UUID | None:
        """The class of what has none, where the set has only one."""
        if set(self.words.classes) == {LESION_CLASS_ID}:
            return LESION_CLASS_ID
        return self.words.implied
