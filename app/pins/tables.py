"""Tables of comments that are pinned to a place of a frame."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.tables import User
from app.core.database import Base
from app.core.ids import new_id, now

MAX_COMMENT = 2000


class Pin(Base):
    """A place of a frame that somebody commented on."""

    __tablename__ = "pin"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    image_id: Mapped[UUID] = mapped_column(ForeignKey("image.id", ondelete="CASCADE"), index=True)
    frame_index: Mapped[int] = mapped_column(Integer)
    x: Mapped[float] = mapped_column(Float)
    """From the left edge of the frame, in px."""
    y: Mapped[float] = mapped_column(Float)
    """From its top edge, in px."""
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))

    author: Mapped[User] = relationship(lazy="raise", foreign_keys=[author_id])
    resolved_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[resolved_by_id])


class PinComment(Base):
    """A comment on a pin; the first one is by the pin's author."""

    __tablename__ = "pin_comment"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    pin_id: Mapped[UUID] = mapped_column(ForeignKey("pin.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(String(MAX_COMMENT))
    created_at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User] = relationship(lazy="raise")
