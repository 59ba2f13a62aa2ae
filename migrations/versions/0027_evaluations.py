"""Frozen sets, evaluations on them, and a row for each image and version"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
        )
        for column, other in columns.items()
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "frozen_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        *_references("frozen_set", project_id="project", created_by_id="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_set")),
        sa.UniqueConstraint(
            "project_id", "role", "digest", name=op.f("uq_frozen_set_project_id_role_digest")
        ),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("serving_name", sa.String(length=80), nullable=False),
        sa.Column("serving_version", sa.String(length=40), nullable=False),
        sa.Column("set_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.JSON(none_as_null=True), nullable=True),
        *_references("evaluation", project_id="project", job_id="job", created_by_id="user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index(op.f("ix_evaluation_project_id_id"), "evaluation", ["project_id", "id"])
    op.create_index(
        op.f("ix_evaluation_model_name_model_version"),
        "evaluation",
        ["model_name", "model_version"],
    )
    op.create_table(
        "evaluation_row",
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("mask_id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("frame_index", sa.Integer(), nullable=False),
        sa.Column("patient", sa.String(length=40), nullable=False),
        sa.Column("scanner", sa.String(length=160), nullable=True),
        sa.Column("lesion_class", sa.String(length=120), nullable=True),
        sa.Column("size", sa.String(length=20), nullable=True),
        sa.Column("truth_px", sa.BigInteger(), nullable=False),
        sa.Column("iou", sa.Float(), nullable=False),
        sa.Column("outlined", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.Column("brier", sa.Float(), nullable=False),
        sa.Column("presence", sa.Float(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=True),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.Column("fault", sa.String(length=300), nullable=True),
        *_references("evaluation_row", set_id="frozen_set"),
        sa.PrimaryKeyConstraint(
            "set_id", "model_name", "model_version", "mask_id", name=op.f("pk_evaluation_row")
        ),
    )


def downgrade() -> None:
    """Undo. Measurements are lost; they can be repeated."""
    op.drop_table("evaluation_row")
    op.drop_table("evaluation")
    op.drop_table("frozen_set")
