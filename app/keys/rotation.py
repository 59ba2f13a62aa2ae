"""Replacing the site key: everything sealed is opened with the old key and sealed with the new one.

This is one transaction. The new key is written beside the old file before it and replaces it
afterwards. If the process is killed in between, the site finds the new key at its next start,
because the database then names it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select, update

from app.core import audit
from app.core.audit import SYSTEM
from app.core.carried import seal_carried
from app.core.database import Base, WriteSession
from app.core.security import SealBrokenError, SiteKey
from app.dicom.commitments import PURPOSE as COMMITMENT
from app.dicom.tables import DicomCommitment
from app.hooks.records import PURPOSE as WEBHOOK
from app.hooks.tables import Webhook
from app.local_labels.records import PURPOSE as LABEL
from app.local_labels.tables import LocalLabel
from app.sealed_references.records import PURPOSE as REFERENCE
from app.sealed_references.tables import SealedReference
from app.sending.records import PURPOSE as DESTINATION
from app.sending.tables import Destination
from app.site.records import FINGERPRINT
from app.site.tables import SiteFact

BATCH = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed texts.

    Attributes:
        bound: the column whose value each text is bound to.
    """

    table: type[Base]
    purpose: str
    sealed: str
    bound: str
    row: str = "id"


SEALED = (
    Sealed(LocalLabel, LABEL, "sealed", "project_id"),
    Sealed(SealedReference, REFERENCE, "sealed", "image_id", "image_id"),
    Sealed(Destination, DESTINATION, "sealed_credentials", "id"),
    Sealed(DicomCommitment, COMMITMENT, "sealed", "peer_id"),
    Sealed(Webhook, WEBHOOK, "sealed_secret", "id"),
)
"""Every sealed column; a test finds columns that are missing here."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The result of a rotation.

    Attributes:
        unreadable: texts that even the old key cannot open; they stay as they are.
    """

    resealed: int
    unreadable: int


def rotate(
    session: WriteSession, old: SiteKey, new: SiteKey, progress: Callable[[int], None]
) -> Rotated:
    """Seal everything under the new key and make it the site's, in this transaction.

    Pseudonyms, codes of instances and the audit log stay valid: the subkeys that the old key made
    them with are stored, sealed under the new key.
    """
    done = lost = 0
    for kind in SEALED:
        for row_id, text, bound in _rows(session, kind):
            try:
                opened = old.open(kind.purpose, text, bound.bytes)
            except SealBrokenError:
                lost += 1
                continue
            table = _table(kind)
            resealed = new.seal(kind.purpose, opened, bound.bytes)
            where = update(table).where(table.c[kind.row] == row_id)
            session.execute(where.values({kind.sealed: resealed}))
            done += 1
            if done % BATCH == 0:
                progress(done)
    facts = seal_carried(new, old) | {FINGERPRINT: new.fingerprint()}
    for name, value in facts.items():
        session.merge(SiteFact(key=name, value=value))
    audit.record(session, old, SYSTEM, "site-key.rotated", "site", "site", resealed=done)
    return Rotated(done, lost)


def _table(kind: Sealed) -> Table:
    return cast(Table, kind.table.__table__)


def _rows(session: WriteSession, kind: Sealed) -> Iterator[tuple[UUID, bytes, UUID]]:
    """Yield id, sealed text and the value it is bound to, reading batch by batch."""
    table = _table(kind)
    columns = table.c[kind.row], table.c[kind.sealed], table.c[kind.bound]
    after: ColumnElement[bool] | None = None
    while True:
        query = select(*columns).where(table.c[kind.sealed].is_not(None)).order_by(columns[0])
        if after is not None:
            query = query.where(after)
        rows: list[Any] = list(session.execute(query.limit(BATCH)).all())
        yield from ((row[0], row[1], row[2]) for row in rows)
        if len(rows) < BATCH:
            return
        after = columns[0] > rows[-1][0]
