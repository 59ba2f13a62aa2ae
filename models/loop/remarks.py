"""Remarks on a candidate, for the person who decides about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A sentence, and the data from which a page writes it in another language.

    Attributes:
        code: identifies the sentence, whatever its values.
        text: the sentence in English.
        values: values of the sentence by name.
    """

    code: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return the remark as JSON."""
        return asdict(self)
