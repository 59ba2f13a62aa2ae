"""Remarks on a candidate, for whoever decides about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A sentence, and what a page in another language writes it from.

    Attributes:
        code: the same for the same sentence with other values.
        text: in English.
        values: of the sentence, by their names.
    """

    code: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)
