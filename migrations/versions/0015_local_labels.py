"""Local labels of images, sealed

Existing images have none: their files' names were never kept.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "local_label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_local_label_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_local_label_job_id_job"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_local_label_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_label")),
        sa.UniqueConstraint("job_id", name=op.f("uq_local_label_job_id")),
        sa.UniqueConstraint("image_id", name=op.f("uq_local_label_image_id")),
    )
    op.create_index(op.f("ix_local_label_project_id"), "local_label", ["project_id"])


def downgrade() -> None:
    """Undo. The labels are lost."""
    op.drop_table("local_label")
