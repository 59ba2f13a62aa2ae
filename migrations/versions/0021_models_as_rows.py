"""Models as rows with a digest over all their files; deployments; masks reference the digest

Versions that workers found in folders stay unchanged and get their digest when a worker takes the
folder in. A project's own default model becomes its first deployment. Existing masks keep the
SHA-256 of the graph in their provenance.
"""

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.ids import new_id
from app.deployments.tables import APPEND_ONLY, REVERSE_APPEND_ONLY

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MODEL = sa.table(
    "model_version", sa.column("name", sa.String()), sa.column("version", sa.String())
)
_PROJECT = sa.table("project", sa.column("id", sa.Uuid()), sa.column("default_model", sa.String()))
_DEPLOYMENT = sa.table(
    "deployment",
    sa.column("id", sa.Uuid()),
    sa.column("project_id", sa.Uuid()),
    sa.column("model_name", sa.String()),
    sa.column("model_version", sa.String()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("reason", sa.String()),
)


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("model_version") as table:
        table.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("files", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("parent_digest", sa.String(length=64), nullable=True))
        table.add_column(
            sa.Column(
                "standing",
                sa.Enum(
                    "usable", "broken", "rejected", name="standing", native_enum=False, length=20
                ),
                nullable=False,
                server_default="usable",
            )
        )
        table.add_column(sa.Column("reason", sa.String(length=1000), nullable=True))
        table.add_column(sa.Column("verification", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("imported_by_id", sa.Uuid(), nullable=True))
        table.drop_column("seen_at")
        table.create_unique_constraint(op.f("uq_model_version_digest"), ["digest"])
        table.create_foreign_key(
            op.f("fk_model_version_imported_by_id_user"), "user", ["imported_by_id"], ["id"]
        )
    with op.batch_alter_table("model_version") as table:
        table.alter_column("standing", server_default=None)
    op.add_column("mask", sa.Column("model_digest", sa.String(length=64), nullable=True))
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_deployment_by_id_user")),
        sa.ForeignKeyConstraint(
            ["model_name", "model_version"],
            ["model_version.name", "model_version.version"],
            name=op.f("fk_deployment_model_name_model_version"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_deployment_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_index(op.f("ix_deployment_project_id_id"), "deployment", ["project_id", "id"])
    _first_deployments()
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("project") as table:
        table.drop_column("default_model")


def _first_deployments() -> None:
    connection = op.get_bind()
    known: dict[str, list[str]] = {}
    for row in connection.execute(sa.select(_MODEL.c.name, _MODEL.c.version)):
        known.setdefault(row.name, []).append(row.version)
    chosen = sa.select(_PROJECT).where(_PROJECT.c.default_model.is_not(None))
    for project in connection.execute(chosen).all():
        name, _, version = project.default_model.partition("@")
        versions = [one for one in known.get(name, []) if version in ("", one)]
        if not versions:
            continue  # no worker has it, so it could not serve before either
        connection.execute(
            _DEPLOYMENT.insert().values(
                id=new_id(),
                project_id=project.id,
                model_name=name,
                model_version=max(versions, key=_precedence),
                created_at=datetime.now(UTC),
                reason="The project's default model before deployments were kept.",
            )
        )


def _precedence(version: str) -> tuple[Any, ...]:
    core, _, pre = version.partition("-")
    return tuple(int(part) for part in re.findall(r"\d+", core)), not pre, pre


def downgrade() -> None:
    """Undo. Of its history, each project keeps only the version that serves it now."""
    with op.batch_alter_table("project") as table:
        table.add_column(sa.Column("default_model", sa.String(length=80), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_DEPLOYMENT).order_by(_DEPLOYMENT.c.id)).all():
        if row.project_id is not None:
            connection.execute(
                sa.update(_PROJECT)
                .where(_PROJECT.c.id == row.project_id)
                .values(default_model=f"{row.model_name}@{row.model_version}")
            )
    op.drop_table("deployment")
    for statement in REVERSE_APPEND_ONLY.get(connection.dialect.name, []):
        op.execute(statement)
    op.drop_column("mask", "model_digest")
    with op.batch_alter_table("model_version") as table:
        table.drop_constraint(op.f("fk_model_version_imported_by_id_user"), type_="foreignkey")
        table.drop_constraint(op.f("uq_model_version_digest"), type_="unique")
        for name in (
            *("digest", "files", "parent_digest", "standing", "reason", "verification"),
            *("verified_at", "imported_by_id"),
        ):
            table.drop_column(name)
        table.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE model_version SET seen_at = registered_at")
    with op.batch_alter_table("model_version") as table:
        table.alter_column("seen_at", nullable=False)
