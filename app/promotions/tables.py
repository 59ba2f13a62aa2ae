"""The table of requests to let a version serve that the gate keeps out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class PromotionRequest(Base):
    """One admin's request, with a reason, that another admin confirms or refuses."""

    __tablename__ = "promotion_request"
    __table_args__ = (
        Index(None, "project_id", "id"),
        ForeignKeyConstraint(
            ["model_name", "model_version"], ["model_version.name", "model_version.version"]
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    """The project in which it was made."""
    everywhere: Mapped[bool] = mapped_column(Boolean)
    """Whether it is for the whole site; else for the project."""
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    serving_name: Mapped[str] = mapped_column(String(80))
    serving_version: Mapped[str] = mapped_column(String(40))
    """The version that served at the time of the request."""
    evaluation_id: Mapped[UUID | None] = mapped_column(Uuid)
    shut: Mapped[str] = mapped_column(String(1000))
    """The gate's reasons at the time of the request."""
    reason: Mapped[str] = mapped_column(String(500))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    confirmed: Mapped[bool | None] = mapped_column(Boolean)
    """Null while nobody has decided."""
