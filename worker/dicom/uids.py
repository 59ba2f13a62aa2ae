"""UIDs derived from what they identify, so that a result written again is the same object."""

from __future__ import annotations

import hashlib
from uuid import UUID

from pydicom.uid import UID


def derived_uid(*parts: str) -> UID:
    """Derive a UID under 2.25 (PS3.5 B.2): equal parts give equal UIDs, others do not."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return UID(f"2.25.{UUID(bytes=digest[:16], version=5).int}")
