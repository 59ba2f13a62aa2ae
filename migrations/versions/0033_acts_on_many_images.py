"""Actions on many images, archived images, and deleted ones that can be restored"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

TRASH = UUID("019b0000-0000-7000-8000-000000000002")
LESION_SET = UUID("00000000-0000-7000-8000-000000000001")


def upgrade() -> None:
    """Apply."""
    op.add_column("image", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    archived = sa.text("archived_at IS NOT NULL")
    op.create_index(
        "ix_image_archived",
        "image",
        ["project_id", "id"],
        sqlite_where=archived,
        postgresql_where=archived,
    )
    op.create_table(
        "bulk_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_bulk_act_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_bulk_act_created_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_act")),
    )
    op.create_index(op.f("ix_bulk_act_project_id"), "bulk_act", ["project_id"])
    op.create_index(op.f("ix_bulk_act_created_at"), "bulk_act", ["created_at"])
    op.create_table(
        "bulk_act_image",
        sa.Column("bulk_act_id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_bulk_act_image_{table}_id_{table}"),
                ondelete="CASCADE",
            )
            for table in ("bulk_act", "image")
        ),
        sa.PrimaryKeyConstraint("bulk_act_id", "image_id", name=op.f("pk_bulk_act_image")),
    )
    op.create_index(op.f("ix_bulk_act_image_image_id"), "bulk_act_image", ["image_id"])
    project = sa.table(
        "project",
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.String()),
        sa.column("purpose", sa.String()),
        sa.column("label_set_id", sa.Uuid()),
        sa.column("blind_to_model", sa.Boolean()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    op.execute(
        project.insert().values(
            id=TRASH,
            name="(deleted images)",
            purpose="",
            label_set_id=LESION_SET,
            blind_to_model=False,
            created_at=datetime.now(UTC),
        )
    )


def downgrade() -> None:
    """Undo. Deleted images that could still be restored are lost."""
    op.execute(
        sa.text("DELETE FROM image WHERE project_id = :trash").bindparams(
            sa.bindparam("trash", TRASH, sa.Uuid())
        )
    )
    op.drop_table("bulk_act_image")
    op.drop_table("bulk_act")
    op.execute(
        sa.text("DELETE FROM project WHERE id = :trash").bindparams(
            sa.bindparam("trash", TRASH, sa.Uuid())
        )
    )
    op.drop_index("ix_image_archived", "image")
    op.drop_column("image", "archived_at")
