"""Peers: application entities that may send here, each with its account and project."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.accounts.principal import Principal, principal_of
from app.accounts.tables import User
from app.core import audit
from app.core.audit import Actor
from app.core.database import WriteSession
from app.core.security import SiteKey
from app.dicom.tables import DicomPeer

_TITLES = UUID("6b0ec1a4-53a3-4d53-9f0d-7a3f1e5d2c94")
"""Namespace of the ids of peers (RFC 9562, 5.5)."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An application entity that may send.

    Attributes:
        principal: its service account in its project.
        commits, host, port: see :class:`DicomPeer`.
    """

    id: UUID
    principal: Principal
    commits: bool
    ae_title: str
    host: str | None
    port: int | None


def by_ae_title(session: Session, ae_title: str) -> Peer | None:
    """Return the peer of that name, or None if it may not send (any more)."""
    return _peer(session, select(DicomPeer).where(DicomPeer.ae_title == ae_title))


def by_id(session: Session, peer_id: UUID) -> Peer | None:
    """Return the same by id."""
    return _peer(session, select(DicomPeer).where(DicomPeer.id == peer_id))


def _peer(session: Session, query: Select[DicomPeer]) -> Peer | None:
    row = session.scalar(query)
    account = session.get(User, row.account_id) if row else None
    if row is None or account is None or not account.active:
        return None
    principal = principal_of(session, account)
    if row.project_id not in principal.projects:
        return None
    into = principal.entering(row.project_id)
    return Peer(row.id, into, row.commits, row.ae_title, row.host, row.port)


def put(
    session: WriteSession,
    key: SiteKey,
    actor: Actor,
    ae_title: str,
    account: User,
    project_id: UUID,
    *,
    commits: bool,
    address: tuple[str, int] | None = None,
) -> None:
    """Let an application entity send, or change the account and project that it sends as."""
    row = session.scalar(select(DicomPeer).where(DicomPeer.ae_title == ae_title))
    if row is None:
        # The same id as before if it was removed: files that it sent may still wait under it.
        row = DicomPeer(id=uuid5(_TITLES, ae_title), ae_title=ae_title)
        session.add(row)
    row.account_id, row.project_id, row.commits = account.id, project_id, commits
    row.host, row.port = address or (None, None)
    session.flush()
    audit.record(
        session,
        key,
        actor,
        "dicom-peer.set",
        "dicom-peer",
        row.id,
        ae_title=ae_title,
        user=str(account.id),
        project=str(project_id),
        commits=commits,
        address=":".join(map(str, address)) if address else None,
    )


def remove(session: WriteSession, key: SiteKey, actor: Actor, ae_title: str) -> bool:
    """Stop accepting an application entity's instances; return whether it was accepted before."""
    row = session.scalar(select(DicomPeer).where(DicomPeer.ae_title == ae_title))
    if row is None:
        return False
    session.execute(delete(DicomPeer).where(DicomPeer.id == row.id))
    audit.record(session, key, actor, "dicom-peer.removed", "dicom-peer", row.id, ae_title=ae_title)
    return True
