"""Suggestions on frames of a cine"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "suggestion",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("way", sa.String(20), nullable=False),
        sa.Column("key_frames", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("mask_id", sa.Uuid(), nullable=True),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_id"],
            ["frame.id"],
            name=op.f("fk_suggestion_frame_id_frame"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_suggestion_user_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_suggestion_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("frame_id", "user_id", name=op.f("pk_suggestion")),
    )
    op.create_index(op.f("ix_suggestion_image_id"), "suggestion", ["image_id"])
    op.add_column("frame", sa.Column("withdrawn_revision", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo. Suggestions without a decision are lost."""
    op.drop_column("frame", "withdrawn_revision")
    op.drop_table("suggestion")
