"""The append-only table of deployments: the newest row serves, and a rollback adds a row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DDL, ForeignKey, ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.event import listen
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.ids import new_id, now


class Deployment(Base):
    """The decision that a version serves a project from now on, or all projects without a decision
    of their own.

    Ids increase with time, so the newest row is the one with the highest id.
    """

    __tablename__ = "deployment"
    __table_args__ = (
        Index(None, "project_id", "id"),
        ForeignKeyConstraint(
            ["model_name", "model_version"], ["model_version.name", "model_version.version"]
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    """Null for the whole site."""
    model_name: Mapped[str] = mapped_column(String(80))
    model_version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=now)
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    """Null if the software decided it, by a setting or at the first start."""
    reason: Mapped[str] = mapped_column(String(500))
    evaluation_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The evaluation that the decision is based on."""
    confirmed_by_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The second admin, for a version that did not pass the gate."""


APPEND_ONLY: dict[str, list[str]] = {
    "sqlite": [
        f"""CREATE TRIGGER deployment_no_{word} BEFORE {word.upper()} ON deployment
            BEGIN SELECT RAISE(ABORT, 'deployments are append-only'); END"""
        for word in ("update", "delete")
    ],
    "postgresql": [
        """CREATE FUNCTION deployment_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'deployments are append-only'; END $$""",
        """CREATE TRIGGER deployment_no_change BEFORE UPDATE OR DELETE OR TRUNCATE
            ON deployment FOR EACH STATEMENT EXECUTE FUNCTION deployment_append_only()""",
    ],
}
"""Statements, by dialect, that make the table append-only; the migration runs them as well."""
REVERSE_APPEND_ONLY = {"postgresql": ["DROP FUNCTION deployment_append_only() CASCADE"]}
"""Statements, by dialect, that remove what dropping the table leaves behind."""

for _moment, _by_dialect in (("after_create", APPEND_ONLY), ("after_drop", REVERSE_APPEND_ONLY)):
    for _dialect, _statements in _by_dialect.items():
        for _statement in _statements:
            _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
            listen(Deployment.__table__, _moment, _ddl.execute_if(dialect=_dialect))
