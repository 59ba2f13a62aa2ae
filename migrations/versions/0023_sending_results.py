"""Destinations of results, and the deliveries to them"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "destination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("protocol", sa.String(20), nullable=False),
        sa.Column("ae_title", sa.String(16), nullable=True),
        sa.Column("calling_ae_title", sa.String(16), nullable=True),
        sa.Column("host", sa.String(255), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("tls", sa.Boolean(), nullable=False),
        sa.Column("url", sa.String(500), nullable=True),
        sa.Column("sealed_credentials", sa.LargeBinary(), nullable=True),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("on_approval", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_destination_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_destination_project_id_name")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("mask_id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_delivery_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mask_id"], ["mask.id"], name=op.f("fk_delivery_mask_id_mask"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destination.id"],
            name=op.f("fk_delivery_destination_id_destination"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "mask_id", "destination_id", name=op.f("uq_delivery_mask_id_destination_id")
        ),
    )
    op.create_index(op.f("ix_delivery_image_id"), "delivery", ["image_id"])


def downgrade() -> None:
    """Undo. The record of deliveries is lost."""
    op.drop_table("delivery")
    op.drop_table("destination")
