"""DICOM instances by pseudonym, so that an instance sent twice is one image

Existing images have none: their instances are not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
        sa.Column("contents", sa.String(64), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_instance_project_id_project")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_instance_owner_id_user")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_instance_job_id_job"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_instance_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint(
            "project_id",
            "pseudonym",
            "contents",
            "owner_id",
            name=op.f("uq_instance_project_id_pseudonym_contents_owner_id"),
        ),
    )
    op.create_index(op.f("ix_instance_image_id"), "instance", ["image_id"])
    op.create_index(op.f("ix_instance_job_id"), "instance", ["job_id"])


def downgrade() -> None:
    """Undo. An instance that is sent again is recognised only by its pixels."""
    op.drop_table("instance")
