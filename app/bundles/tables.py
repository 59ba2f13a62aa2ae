"""Keys of other sites that are trusted, and the bundles that came from them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class BundleKind(StrEnum):
    """The content of a bundle."""

    MODEL = "model"
    """A model update: graph, weights, card and rows of its evaluation; no image."""
    POOL = "pool"
    """De-identified images with their masks."""


class BundleKey(Base):
    """The public key of another site, which a site admin trusts under a name."""

    __tablename__ = "bundle_key"
    __table_args__ = (Index(None, "key"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None]
    """No longer trusted from then on."""


class ReceivedBundle(Base):
    """A bundle whose signature and digests are valid. Its job holds the outcome."""

    __tablename__ = "received_bundle"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), unique=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("bundle_key.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[BundleKind]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of its manifest."""
    manifest: Mapped[dict[str, Any]]
    figures: Mapped[list[Any] | None]
    """The figures of its evaluation by set, computed from its rows."""
    model_name: Mapped[str | None] = mapped_column(String(80))
    model_version: Mapped[str | None] = mapped_column(String(40))
    import_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The import that a bundled pool became; null for a model."""
