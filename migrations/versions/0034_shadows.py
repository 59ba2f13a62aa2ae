"""Versions that run beside the serving one, and their answers to new frames"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "shadow",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.String(length=1000), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_name", "model_version"],
            ["model_version.name", "model_version.version"],
            name=op.f("fk_shadow_model_name_model_version"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_shadow_{column}_{table}")
            )
            for column, table in (
                ("project_id", "project"),
                ("created_by_id", "user"),
                ("ended_by_id", "user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow")),
    )
    op.create_index(op.f("ix_shadow_project_id_id"), "shadow", ["project_id", "id"])
    op.create_table(
        "shadow_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shadow_id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("picture_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outlined", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=True),
        sa.Column("compared_mask_id", sa.Uuid(), nullable=True),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=True),
        sa.Column("truth_px", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, kind, nullable=True)
            for name, kind in (
                ("dice", sa.Float()),
                ("iou", sa.Float()),
                ("missed", sa.Boolean()),
                ("serving_dice", sa.Float()),
                ("serving_iou", sa.Float()),
                ("serving_missed", sa.Boolean()),
                ("serving_outlined", sa.Boolean()),
                ("serving_milliseconds", sa.Float()),
            )
        ),
        sa.ForeignKeyConstraint(
            ["shadow_id"], ["shadow.id"], name=op.f("fk_shadow_answer_shadow_id_shadow")
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_shadow_answer_{table}_id_{table}"),
                ondelete="CASCADE",
            )
            for table in ("image", "frame")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_answer")),
        sa.UniqueConstraint(
            "shadow_id", "frame_id", name=op.f("uq_shadow_answer_shadow_id_frame_id")
        ),
    )
    op.create_index(op.f("ix_shadow_answer_image_id"), "shadow_answer", ["image_id"])


def downgrade() -> None:
    """Undo. Shadows' answers are lost."""
    op.drop_table("shadow_answer")
    op.drop_table("shadow")
