"""The tables of DICOM peers and of open commitment requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, LargeBinary, String, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class DicomPeer(Base):
    """An application entity that may send here, and the account that owns its images."""

    __tablename__ = "dicom_peer"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ae_title: Mapped[str] = mapped_column(String(16), unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    """The service account that owns what it sends."""
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    commits: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """Whether storage commitment is confirmed to it. Originals are not kept here, so a modality
    that deletes committed instances needs another archive."""
    host: Mapped[str | None] = mapped_column(String(255))
    """The peer's own host, where a commitment is answered if its association has ended."""
    port: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(default=now)


class DicomCommitment(Base):
    """A request for storage commitment that was accepted but is not answered yet."""

    __tablename__ = "dicom_commitment"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    peer_id: Mapped[UUID] = mapped_column(ForeignKey("dicom_peer.id", ondelete="CASCADE"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Transaction and instances, which can identify studies: encrypted under the site key, bound to
    the peer."""
    created_at: Mapped[datetime] = mapped_column(default=now)
